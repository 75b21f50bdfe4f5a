"""Writing to a number or an address from wherever it stands: who can send, and why not (D11).

A channel that speaks no numbers is offered where the person behind the number has written to it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from core.errors import Refused
from core.inbound import Address, IdentityKind
from core.models import (
    Card,
    Channel,
    ChannelState,
    Contact,
    Conversation,
    Identity,
    Sender,
    Template,
)
from core.phones import PhoneRefused, match_set, parse_phone
from core.services import addresses, channels, conversation_of
from core.services.known_addresses import known_address
from core.services.mail_addresses import checked_email
from core.services.may_send import is_served, is_window_open, why_shut
from core.services.tenants import tenant_of
from core.tenancy.session import TenantSession
from core.words import say


@dataclass(frozen=True)
class SenderChoice:
    """A channel that could carry the message. `reason` says why it can't; "" when it can.

    `needs_template`: only an approved template can go now, and `hint` says so.
    """

    channel: Channel
    reason: str = ""
    needs_template: bool = False
    hint: str = ""


@dataclass(frozen=True)
class Addressee:
    """Whom the dialog writes to. `number` is an e-mail address where `kind` says so."""

    number: str
    contact: Contact | None
    kind: IdentityKind = IdentityKind.PHONE


def addressee(session: TenantSession, to: str) -> Addressee:
    """The number or address in one spelling, and whose it is. Refused, field `to`: neither."""
    if "@" in to:
        return _mail_addressee(session, to)
    try:
        number = parse_phone(to, tenant_of(session).default_region).e164
    except PhoneRefused as refused:
        raise Refused(refused.message, "to") from refused
    found = session.scalar(
        select(Identity)
        .where(
            Identity.scope == 0,
            Identity.kind == IdentityKind.PHONE,
            Identity.address == number,
        )
        .options(joinedload(Identity.contact))
    )
    if found is not None:
        return Addressee(number, found.contact)
    named = select(Contact).where(Contact.phone == number, Contact.archived_at.is_(None))
    return Addressee(number, session.scalars(named.order_by(Contact.id).limit(1)).first())


def _mail_addressee(session: TenantSession, to: str) -> Addressee:
    try:
        address = checked_email(to)
    except Refused as refused:
        raise Refused(refused.message, "to") from refused
    found = session.scalar(
        select(Identity)
        .where(
            Identity.scope == 0,
            Identity.kind == IdentityKind.EMAIL,
            Identity.address == address,
        )
        .options(joinedload(Identity.contact))
    )
    if found is not None:
        return Addressee(address, found.contact, IdentityKind.EMAIL)
    named = select(Contact).where(Contact.email == address, Contact.archived_at.is_(None))
    contact = session.scalars(named.order_by(Contact.id).limit(1)).first()
    return Addressee(address, contact, IdentityKind.EMAIL)


def senders(session: TenantSession, to: Addressee) -> list[SenderChoice]:
    """Channels that could reach them, those that can send first, each group by name.

    Of somebody who is no customer only this address is known: then those that speak its kind.
    """
    found = session.scalars(
        select(Channel).where(Channel.archived_at.is_(None)).order_by(Channel.name)
    )
    choices = [
        _choice(session, channel, to) for channel in found if _is_offered(session, channel, to)
    ]
    return sorted(choices, key=lambda choice: (bool(choice.reason), choice.needs_template))


def usable_templates(session: TenantSession) -> list[Template]:
    """Templates in use, by name; the chosen sender decides which of them it takes."""
    query = select(Template).where(Template.archived_at.is_(None)).order_by(Template.name)
    return list(session.scalars(query))


def sender(session: TenantSession, to: Addressee, channel_id: int | None) -> Channel:
    """The chosen one. Refused, field `channel`: none, or one that can't send, with the reason."""
    for choice in senders(session, to):
        if choice.channel.id == channel_id:
            if choice.reason:
                raise Refused(choice.reason, "channel")
            return choice.channel
    raise Refused(say("Choose who sends it."), "channel")


def address_on(session: TenantSession, to: Addressee, channel: Channel) -> str:
    """Where the chosen sender writes to: as typed, or what it knows the person by instead."""
    if _speaks(session, channel, to.kind) or to.contact is None:
        return to.number
    known = known_address(session, channel, to.contact)
    return known.address if known else to.number


def _is_offered(session: TenantSession, channel: Channel, to: Addressee) -> bool:
    """Mail wants a subject, which is asked for beside an e-mail address only."""
    if _speaks(session, channel, to.kind):
        return True
    if to.contact is None or to.kind is not IdentityKind.PHONE:
        return False
    return not session.desk.host.adapters[channel.kind].capabilities.threads


def _speaks(session: TenantSession, channel: Channel, kind: IdentityKind) -> bool:
    adapter = session.desk.host.adapters.get(channel.kind)
    if adapter is None:
        return kind is IdentityKind.PHONE
    return kind in adapter.capabilities.identity_kinds


def _choice(session: TenantSession, channel: Channel, to: Addressee) -> SenderChoice:
    reason = _obstacle(session, channel, to) or _not_reached(session, channel, to)
    if reason:
        return SenderChoice(channel, reason)
    capabilities = session.desk.host.adapters[channel.kind].capabilities
    if capabilities.window is None:
        return SenderChoice(channel)
    talk = _conversation(session, channel, to)
    if talk is not None and is_window_open(talk):
        return SenderChoice(channel)
    if not capabilities.templates:
        return SenderChoice(channel, why_shut(channel, capabilities, Sender.AGENT))
    return SenderChoice(
        channel,
        needs_template=True,
        hint=say(
            "They haven't written here in the last 24 hours: only an approved template can go."
        ),
    )


def _obstacle(session: TenantSession, channel: Channel, to: Addressee) -> str:
    if channel.kind not in session.desk.host.adapters or not is_served(session, channel):
        return say("Its plugin is off. An administrator switches it on under Plugins.")
    if channel.state is ChannelState.NEW and channels.is_held(session, channel):
        return say("No phone is paired with it yet. Pair one under My devices.")
    if channel.state is ChannelState.PAUSED:
        return say("It is paused.")
    if channel.state is ChannelState.BROKEN:
        return say("It isn't connected. %(reason)s", reason=channel.reason)
    if to.kind is IdentityKind.EMAIL and channel.own_address.casefold() == to.number.casefold():
        return say("It is this address itself.")
    if to.kind is IdentityKind.PHONE and _is_own(channel, to):
        return say("It is this number itself.")
    is_sms = session.desk.host.adapters[channel.kind].capabilities.sms
    if is_sms and not _allows_sms(session, to):
        return say("SMS goes to contacts with a card in a module that may use SMS.")
    return ""


def _is_own(channel: Channel, to: Addressee) -> bool:
    return bool(set(match_set(channel.own_address)) & set(match_set(to.number)))


def _not_reached(session: TenantSession, channel: Channel, to: Addressee) -> str:
    """Why a channel that speaks no numbers doesn't reach them."""
    if _speaks(session, channel, to.kind) or to.contact is None:
        return ""
    if known_address(session, channel, to.contact) is not None:
        return ""
    return say("They haven't written here yet, and can't be written to first.")


def _allows_sms(session: TenantSession, to: Addressee) -> bool:
    """Whether the contact's card lies in a module that has SMS."""
    if to.contact is None:
        return False
    cards = session.scalars(
        select(Card)
        .where(Card.contact_id == to.contact.id, Card.archived_at.is_(None))
        .options(joinedload(Card.module))
    )
    return any(card.module.allows_sms for card in cards)


def _conversation(session: TenantSession, channel: Channel, to: Addressee) -> Conversation | None:
    if not _speaks(session, channel, to.kind) and to.contact is not None:
        known = known_address(session, channel, to.contact)
        return conversation_of.of(session, channel, known) if known else None
    found = addresses.find(session, channel, (Address(to.kind, to.number),))
    return conversation_of.of(session, channel, found.identity) if found else None
