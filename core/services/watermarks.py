"""Receipts by watermark: one for everything that we sent to somebody up to a moment."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select

from core.inbound import Address, IdentityKind, InboundWatermark, MessageState
from core.jobs.outbox import enqueue
from core.models import Channel, Conversation, Direction, Message
from core.models.base import now
from core.services import addresses, channels, conversation_of
from core.services.receipts import LOOK_AGAIN, by_provider_id
from core.services.states import may_follow, move
from core.tenancy.session import TenantSession

_OUT = (MessageState.ACCEPTED, MessageState.SENT, MessageState.DELIVERED)
_ON_ITS_WAY = (MessageState.SENDING, MessageState.UNKNOWN)
YOUNG = timedelta(minutes=10)  # a send, its repair and its echo are over by then


def receive_watermark(session: TenantSession, channel: Channel, item: InboundWatermark) -> None:
    """Move every message up to the mark on. One whose send has no answer yet is looked at again."""
    if _apply(session, channel, item):
        _look_later(session, channel, item, LOOK_AGAIN)


def look_again(session: TenantSession, payload: dict[str, Any]) -> None:
    """The job that follows a watermark which came before a send's answer.

    It comes again, each time after twice as long, while the watermark is young.
    """
    channel, item = session.get_one(Channel, payload["channel_id"]), _read(payload["item"])
    age = now() - item.at
    if _apply(session, channel, item) and age < YOUNG:
        _look_later(session, channel, item, max(LOOK_AGAIN, age))


def _look_later(
    session: TenantSession, channel: Channel, item: InboundWatermark, pause: timedelta
) -> None:
    enqueue(
        session,
        "core.look_at_watermark",
        {"channel_id": channel.id, "item": _written(item)},
        due_at=now() + pause,
    )


def _apply(session: TenantSession, channel: Channel, item: InboundWatermark) -> bool:
    """Whether something below the mark is still on its way, or the mark itself."""
    found = addresses.find(session, channel, item.addresses)
    conversation = conversation_of.of(session, channel, found.identity) if found else None
    if conversation is None:
        channels.count(session, channel, "receipt of a stranger")
        return False
    below = _below(session, channel, item)
    if below is None:
        return True
    movable = tuple(state for state in _OUT if may_follow(state, item.state))
    for message in session.scalars(_ours(conversation, movable, below)):
        move(session, message, item.state, item.at)
    return session.scalars(_ours(conversation, _ON_ITS_WAY, below).limit(1)).first() is not None


def _below(
    session: TenantSession, channel: Channel, item: InboundWatermark
) -> ColumnElement[bool] | None:
    if item.until is not None:
        return Message.sent_at <= item.until
    last = by_provider_id(session, channel, item.provider_id)
    return Message.id <= last.id if last is not None else None


def _ours(
    conversation: Conversation, states: tuple[MessageState, ...], below: ColumnElement[bool]
) -> Any:
    return (
        select(Message)
        .where(
            Message.conversation_id == conversation.id,
            Message.direction == Direction.OUT,
            Message.state.in_(states),
            below,
        )
        .order_by(Message.id)
    )


def _written(item: InboundWatermark) -> dict[str, Any]:
    return {
        **asdict(item),
        "addresses": [[each.kind.value, each.value] for each in item.addresses],
        "state": item.state.value,
        "at": item.at.isoformat(),
        "until": item.until.isoformat() if item.until else None,
    }


def _read(written: dict[str, Any]) -> InboundWatermark:
    until = written["until"]
    return InboundWatermark(
        addresses=tuple(Address(IdentityKind(kind), value) for kind, value in written["addresses"]),
        state=MessageState(written["state"]),
        at=datetime.fromisoformat(written["at"]),
        until=datetime.fromisoformat(until) if until else None,
        provider_id=written["provider_id"],
    )
