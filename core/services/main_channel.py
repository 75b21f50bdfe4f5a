"""The main channel of a customer: the (contact, channel) pair for new and automated messages (E7).

A reply stays on its conversation. A person's choice holds while that contact belongs to the
customer, is in the lists and can be reached there; else the pair that was heard from last.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from core.host.attach import host_of
from core.models import Channel, Contact, Conversation, Customer, CustomerChoice, Identity
from core.tenancy.session import TenantSession


@dataclass(frozen=True)
class Way:
    """A contact on a channel, and the address that it is reached by there.

    `last_at` is when they last wrote there; None: never yet.
    """

    contact: Contact
    channel: Channel
    identity: Identity
    last_at: datetime | None = None

    def rank(self) -> tuple[float, int, int]:
        """Heard from last first, then the oldest contact, then the oldest channel."""
        heard = self.last_at.timestamp() if self.last_at else 0.0
        return (-heard, self.contact.id, self.channel.id)


@dataclass(frozen=True)
class Chosen:
    """What stands for a customer, by ids; `channel_id` is None where there is no way yet."""

    contact_id: int
    channel_id: int | None
    pins: dict[str, int] = field(default_factory=dict)


def main_channel(session: TenantSession, customer: Customer) -> Way | None:
    """Where new and automated messages to this customer go; None where nothing reaches it."""
    members = _members(session, customer.id)
    own = choice_of(session, customer)
    chosen = Chosen(own.contact_id, own.channel_id) if own else None
    return pick(ways(session, members), chosen)


def pick(found: Sequence[Way], chosen: Chosen | None) -> Way | None:
    """The chosen way, else the chosen contact's best one, else the best of all."""
    if chosen is not None:
        own = [way for way in found if way.contact.id == chosen.contact_id]
        exact = [way for way in own if way.channel.id == chosen.channel_id]
        found = exact or own or found
    return found[0] if found else None


def ways(session: TenantSession, contacts: Iterable[Contact]) -> list[Way]:
    """Every way to these contacts, those heard from last first, then the oldest contact's.

    Three statements, however many contacts. Archived contacts and channels, and addresses that
    were erased, are no ways.
    """
    people = {contact.id: contact for contact in contacts if contact.archived_at is None}
    if not people:
        return []
    talks = session.scalars(
        select(Conversation)
        .where(Conversation.contact_id.in_(people))
        .options(joinedload(Conversation.identity), joinedload(Conversation.channel))
    )
    found: dict[tuple[int, int], Way] = {}
    for talk in talks:
        if talk.channel.archived_at is None and talk.identity.scope >= 0:
            way = Way(people[talk.contact_id], talk.channel, talk.identity, talk.last_inbound_at)
            known = found.get((way.contact.id, way.channel.id))
            if known is None or way.rank() < known.rank():
                found[way.contact.id, way.channel.id] = way
    for way in _untried(session, people):
        found.setdefault((way.contact.id, way.channel.id), way)
    return sorted(found.values(), key=Way.rank)


def choice_of(session: TenantSession, customer: Customer) -> CustomerChoice | None:
    """What is stored for a customer, freshly read."""
    return session.scalar(
        select(CustomerChoice)
        .where(CustomerChoice.customer_id == customer.id)
        .execution_options(populate_existing=True)
    )


def choose(session: TenantSession, customer: Customer) -> Chosen:
    """What stands for a customer that joins others: as chosen, else as it would be chosen."""
    own = choice_of(session, customer)
    if own is not None:
        return Chosen(own.contact_id, own.channel_id, dict(own.pins))
    return _best(session, _members(session, customer.id))


def choose_anew(session: TenantSession, customer: Customer, members: Sequence[Contact]) -> None:
    """After somebody left: a main channel that went with them is chosen again, their pins go."""
    own = choice_of(session, customer)
    ids = {contact.id for contact in members}
    if own is None:
        best = _best(session, members)
        session.add(
            CustomerChoice(
                customer_id=customer.id,
                contact_id=best.contact_id,
                channel_id=best.channel_id,
                pins={},
            )
        )
        session.flush()
        return
    if own.contact_id not in ids:
        best = _best(session, members)
        own.contact_id, own.channel_id = best.contact_id, best.channel_id
    if not ids.issuperset(own.pins.values()):
        own.pins = {name: contact for name, contact in own.pins.items() if contact in ids}
    session.flush()


def _best(session: TenantSession, members: Sequence[Contact]) -> Chosen:
    """The way heard from last; of contacts that nothing reaches, the oldest one in the lists."""
    found = ways(session, members)
    if found:
        return Chosen(found[0].contact.id, found[0].channel.id)
    listed = [contact for contact in members if contact.archived_at is None] or list(members)
    return Chosen(min(contact.id for contact in listed), None)


def _untried(session: TenantSession, people: dict[int, Contact]) -> list[Way]:
    """Addresses on channels that speak their kind, whether or not anybody wrote there yet."""
    adapters = host_of(session.database).adapters
    channels = session.scalars(
        select(Channel).where(Channel.archived_at.is_(None)).order_by(Channel.id)
    ).all()
    identities = session.scalars(
        select(Identity)
        .where(Identity.contact_id.in_(people), Identity.scope >= 0)
        .order_by(Identity.is_verified.desc(), Identity.id)
    ).all()
    return [
        Way(people[identity.contact_id], channel, identity)
        for channel in channels
        for identity in identities
        if channel.kind in adapters
        and identity.kind in adapters[channel.kind].capabilities.identity_kinds
        and identity.scope in (0, channel.id)
    ]


def _members(session: TenantSession, customer_id: int) -> list[Contact]:
    query = select(Contact).where(Contact.customer_id == customer_id)
    return list(session.scalars(query.order_by(Contact.id)))
