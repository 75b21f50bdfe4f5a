"""How far a message got: receipts in any order end in the same state."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from core import metrics
from core.events import MessageSent, MessageStateChanged, publish
from core.inbound import InboundStatus, MessageState
from core.live import tell
from core.models import Message
from core.models.base import now
from core.tenancy.session import TenantSession

_RANK = {
    state: rank
    for rank, state in enumerate(
        (
            MessageState.QUEUED,
            MessageState.SENDING,
            MessageState.UNKNOWN,
            MessageState.ACCEPTED,
            MessageState.SENT,
            MessageState.DELIVERED,
            MessageState.READ,
            MessageState.PLAYED,
        )
    )
}


class HasState(Protocol):
    """A message as far as its state goes: the mapped class, or a record of it."""

    state: MessageState
    error_class: str
    error_code: str
    error_reason: str
    delivered_at: datetime | None
    read_at: datetime | None


def may_follow(present: MessageState, new: MessageState) -> bool:
    """Whether `new` moves a message on. `failed` ends it, unless it was delivered already."""
    if present in (MessageState.FAILED, MessageState.RECEIVED):
        return False
    if new is MessageState.FAILED:
        return _RANK[present] <= _RANK[MessageState.SENT]
    return new in _RANK and _RANK[new] > _RANK[present]


def has_left(state: MessageState) -> bool:
    """Whether the provider has a message of ours that is in this state."""
    return state in _RANK and _RANK[state] >= _RANK[MessageState.ACCEPTED]


def advance(message: HasState, new: MessageState, at: datetime) -> None:
    """What a state that may follow writes on its message."""
    message.state = new
    if has_left(new):
        message.error_class = message.error_code = message.error_reason = ""
    if new in (MessageState.DELIVERED, MessageState.READ, MessageState.PLAYED):
        message.delivered_at = message.delivered_at or at
    if new in (MessageState.READ, MessageState.PLAYED):
        message.read_at = message.read_at or at


def move(session: TenantSession, message: Message, new: MessageState, at: datetime) -> bool:
    """Move a message of ours on, tell pages and plugins. False where `new` says nothing new.

    The first news that the provider has it, be it an answer, a receipt or an echo, is *sent*.
    Of a message from before the channel was connected no plugin hears (D14).
    """
    if not may_follow(message.state, new):
        return False
    before = message.state
    advance(message, new, at)
    session.flush()
    if message.is_history:
        tell(
            session,
            "message",
            conversation=message.conversation_id,
            channel=message.channel_id,
            message=message.id,
        )
        return True
    publish(
        session,
        MessageStateChanged(
            message_id=message.id,
            conversation_id=message.conversation_id,
            before=before.value,
            after=new.value,
        ),
    )
    if has_left(new) and not has_left(before):
        publish(session, sent(message))
        metrics.count_send(session, message.channel.kind, "accepted")
    elif new in (MessageState.FAILED, MessageState.UNKNOWN):
        metrics.count_send(session, message.channel.kind, new.value, message.error_class)
    tell(
        session,
        "message",
        conversation=message.conversation_id,
        channel=message.channel_id,
        message=message.id,
    )
    return True


def fail(
    session: TenantSession, message: Message, error_class: str, code: str, reason: str
) -> None:
    """End a message as failed, with why; nothing where it was delivered already."""
    if not may_follow(message.state, MessageState.FAILED):
        return
    message.error_class = error_class[:20]
    message.error_code = code[:40]
    message.error_reason = reason[:500]
    move(session, message, MessageState.FAILED, now())


def sent(message: Message) -> MessageSent:
    """The event that a message of ours is out."""
    return MessageSent(
        message_id=message.id,
        conversation_id=message.conversation_id,
        contact_id=message.contact_id,
        channel_id=message.channel_id,
        sender=message.sender.value,
    )


def move_back_to_queue(session: TenantSession, message: Message) -> None:
    """The provider said *not now* and took nothing: the one step back there is."""
    message.state = MessageState.QUEUED
    tell(
        session,
        "message",
        conversation=message.conversation_id,
        channel=message.channel_id,
        message=message.id,
    )


def apply_status(session: TenantSession, message: Message, status: InboundStatus) -> None:
    """Apply a receipt to its message."""
    if status.provider_id and message.provider_id is None:
        message.provider_id = status.provider_id
    if status.state is MessageState.FAILED:
        fail(session, message, status.error_class, status.error_code, status.error_reason)
        return
    move(session, message, status.state, status.at)
