"""What the list of conversations shows of one: its newest message, in a line."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from core.inbound import MessageKind
from core.live import tell
from core.models import (
    Conversation,
    Direction,
    Message,
)
from core.tenancy.session import TenantSession

PREVIEW_CHARACTERS = 160


class Listed(Protocol):
    """A conversation as far as the list shows it: the mapped class, or a record of it."""

    preview: str
    preview_direction: Direction
    last_at: datetime


class Shown(Protocol):
    """A message as far as a line of the list goes: the mapped class, or a record of it."""

    body: str
    kind: MessageKind
    direction: Direction
    sent_at: datetime
    is_history: bool


def touch(session: TenantSession, conversation: Conversation, message: Message) -> None:
    """Carry a new message onto its conversation: preview, order, unread, waiting."""
    if message.direction is not Direction.INTERNAL and carry(conversation, message):
        tell(session, "conversation", conversation=conversation.id, channel=conversation.channel_id)


def carry(conversation: Listed, message: Shown) -> bool:
    """Write a message onto its conversation; False where something newer stands there."""
    if conversation.preview and message.sent_at < conversation.last_at and message.is_history:
        return False
    # a conversation that begins with old history is as old as that, not as its row
    is_first = not conversation.preview
    conversation.preview = preview_of(message)
    conversation.preview_direction = message.direction
    conversation.last_at = (
        message.sent_at if is_first else max(conversation.last_at, message.sent_at)
    )
    return True


def preview_of(message: Shown) -> str:
    """One line for the list: the text, else what kind of thing came."""
    text = " ".join(message.body.split())
    if not text and message.kind is not MessageKind.TEXT:
        text = f"[{message.kind.value}]"
    return text[:PREVIEW_CHARACTERS]
