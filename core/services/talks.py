"""Which talk a message belongs to that names those it answers, whoever wrote it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select

from core.adapter import NamesParticipants
from core.inbound import Address, InboundMessage
from core.models import Channel, Contact, Direction, Message
from core.services import channels
from core.tenancy.session import TenantSession

MOST_NAMED = 50
MOST_ASKED = 30


def talk_joined(session: TenantSession, channel: Channel, item: InboundMessage) -> Message | None:
    """The message that `item` answers, where its writer takes part in that talk; else None.

    To know a message's name proves nothing: it stands in every copy that was forwarded. The writer
    must be the customer, or somebody whom the talk's own messages name.
    """
    known = _known(session, channel, item.answers[:MOST_NAMED])
    if not known or item.is_echo:
        return None
    first = known[0]
    if _is_of(first.contact, item.addresses):
        return first
    adapter = channels.adapter_of(session, channel)
    if not isinstance(adapter, NamesParticipants):
        return None
    writer = {_folded(address) for address in item.addresses}
    for raw in _kept(session, first.conversation_id):
        named = adapter.participants(raw)
        if not writer.isdisjoint(_folded(address) for address in named):
            return first
    return None


def _kept(session: TenantSession, conversation_id: int) -> Iterable[dict[str, Any]]:
    """What the adapter kept of the last messages of a talk that the other side wrote."""
    rows = session.scalars(
        select(Message.raw)
        .where(Message.conversation_id == conversation_id, Message.direction == Direction.IN)
        .order_by(Message.id.desc())
        .limit(MOST_ASKED)
    )
    return [raw for raw in rows if raw]


def _known(session: TenantSession, channel: Channel, named: Sequence[str]) -> list[Message]:
    """The messages that are known by these ids, in their order."""
    if not named:
        return []
    found = session.scalars(
        select(Message).where(Message.channel_id == channel.id, Message.provider_id.in_(named))
    )
    by_id = {message.provider_id: message for message in found}
    return [by_id[name] for name in dict.fromkeys(named) if name in by_id]


def _is_of(contact: Contact, addresses: Sequence[Address]) -> bool:
    own = {(identity.kind, identity.address.casefold()) for identity in contact.identities}
    return any(_folded(address) in own for address in addresses)


def _folded(address: Address) -> tuple[str, str]:
    return address.kind, address.value.casefold()
