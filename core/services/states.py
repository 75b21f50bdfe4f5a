"""How far a message got: receipts in any order end in the same state."""

from __future__ import annotations

from datetime import datetime

from core.events import MessageStateChanged, publish
from core.inbound import InboundStatus, MessageState
from core.live import tell
from core.models import Message
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


def may_follow(present: MessageState, new: MessageState) -> bool:
    """Whether `new` moves a message on. `failed` ends it, unless it was delivered already."""
    if present in (MessageState.FAILED, MessageState.RECEIVED):
        return False
    if new is MessageState.FAILED:
        return _RANK[present] <= _RANK[MessageState.SENT]
    return new in _RANK and _RANK[new] > _RANK[present]


def move(session: TenantSession, message: Message, new: MessageState, at: datetime) -> bool:
    """Move a message of ours on, tell pages and plugins. False where `new` says nothing new."""
    if not may_follow(message.state, new):
        return False
    before = message.state
    message.state = new
    if new in (MessageState.DELIVERED, MessageState.READ, MessageState.PLAYED):
        message.delivered_at = message.delivered_at or at
    if new in (MessageState.READ, MessageState.PLAYED):
        message.read_at = message.read_at or at
    session.flush()
    publish(
        session,
        MessageStateChanged(
            message_id=message.id,
            conversation_id=message.conversation_id,
            before=before.value,
            after=new.value,
        ),
    )
    tell(session, "message", conversation=message.conversation_id, message=message.id)
    return True


def move_back_to_queue(session: TenantSession, message: Message) -> None:
    """The provider said *not now* and took nothing: the one step back there is."""
    message.state = MessageState.QUEUED
    tell(session, "message", conversation=message.conversation_id, message=message.id)


def apply_status(session: TenantSession, message: Message, status: InboundStatus) -> None:
    """Apply a receipt to its message."""
    if status.provider_id and message.provider_id is None:
        message.provider_id = status.provider_id
    if status.state is MessageState.FAILED and may_follow(message.state, MessageState.FAILED):
        message.error_class = status.error_class
        message.error_code = status.error_code
        message.error_reason = status.error_reason[:500]
    move(session, message, status.state, status.at)
