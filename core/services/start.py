"""Starting a conversation with an address: the customer behind it, or a new one."""

from __future__ import annotations

from core.audit import record
from core.errors import Refused
from core.events import ContactCreated, publish
from core.inbound import Address, IdentityKind
from core.models import Channel, Conversation, FieldSource
from core.phones import PhoneRefused, parse_phone
from core.services import addresses, channels, conversation_of
from core.services.customers import bring_back
from core.services.mail_addresses import checked_email
from core.tenancy.session import TenantSession
from core.words import say


def conversation_with(session: TenantSession, channel: Channel, to: str) -> Conversation:
    """The conversation of `channel` with an address; opened, with a new customer where needed.

    Refused, field `to`, for an address that can't be one, or of a kind the channel doesn't speak.
    """
    address = _address(session, channel, to)
    found = addresses.find(session, channel, (address,))
    if found is not None:
        if found.contact.archived_at is not None:
            bring_back(session, found.contact)
        return conversation_of.find_or_open(session, channel, [found.identity])
    is_phone = address.kind is IdentityKind.PHONE
    contact = addresses.create_contact(
        session,
        name="",
        phone=address.value if is_phone else "",
        email=address.value if address.kind is IdentityKind.EMAIL else "",
        source=FieldSource.PERSON,
    )
    record(session, "create", contact)
    identities = addresses.add_missing(session, channel, contact, (address,), is_verified=False)
    publish(session, ContactCreated(contact_id=contact.id, origin="outbound"))
    return conversation_of.find_or_open(session, channel, identities)


def _address(session: TenantSession, channel: Channel, to: str) -> Address:
    kinds = channels.adapter_of(session, channel).capabilities.identity_kinds
    to = to.strip()
    if not to:
        raise Refused(say("Say whom to write to."), "to")
    if IdentityKind.PHONE in kinds and not any(character.isalpha() for character in to):
        try:
            return Address(IdentityKind.PHONE, parse_phone(to, channel.region).e164)
        except PhoneRefused as refused:
            raise Refused(refused.message, "to") from refused
    if IdentityKind.EMAIL in kinds and "@" in to:
        return Address(IdentityKind.EMAIL, checked_email(to))
    for kind in kinds:
        if kind not in addresses.GLOBAL_KINDS:
            known = addresses.find_identity(session, channel, Address(kind, to))
            if known is not None:
                return Address(kind, to)
    raise Refused(say("%(channel)s can't reach “%(to)s”.", channel=channel.name, to=to[:60]), "to")
