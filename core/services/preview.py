"""What the list of conversations shows of one: its newest message, in a line."""

from __future__ import annotations

from core.inbound import MessageKind
from core.live import tell
from core.models import (
    Conversation,
    Direction,
    Message,
)
from core.tenancy.session import TenantSession

PREVIEW_CHARACTERS = 160


def touch(session: TenantSession, conversation: Conversation, message: Message) -> None:
    """Carry a new message onto its conversation: preview, order, unread, waiting."""
    if message.direction is Direction.INTERNAL:
        return
    if conversation.preview and message.sent_at < conversation.last_at and message.is_history:
        return
    # a conversation that begins with old history is as old as that, not as its row
    is_first = not conversation.preview
    conversation.preview = preview_of(message)
    conversation.preview_direction = message.direction
    conversation.last_at = (
        message.sent_at if is_first else max(conversation.last_at, message.sent_at)
    )
    tell(session, "conversation", conversation=conversation.id)


def preview_of(message: Message) -> str:
    """One line for the list: the text, else what kind of thing came."""
    text = " ".join(message.body.split())
    if not text and message.kind is not MessageKind.TEXT:
        text = f"[{message.kind.value}]"
    return text[:PREVIEW_CHARACTERS]
