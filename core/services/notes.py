"""What the team tells itself on a conversation."""

from __future__ import annotations

from core.errors import Refused
from core.inbound import MessageKind, MessageState
from core.live import tell
from core.models import (
    Conversation,
    Direction,
    Membership,
    Message,
    Sender,
)
from core.services.mentions import call
from core.tenancy.session import TenantSession
from core.words import say


def add_note(
    session: TenantSession, conversation: Conversation, text: str, author: Membership | None
) -> Message:
    """A note for the team: the customer never sees it. Whom it names by `@Name` is told."""
    if not text.strip():
        raise Refused(say("Write the note first."), "text")
    message = Message(
        conversation_id=conversation.id,
        channel_id=conversation.channel_id,
        contact_id=conversation.contact_id,
        author_id=author.id if author else None,
        direction=Direction.INTERNAL,
        sender=Sender.AGENT,
        kind=MessageKind.NOTE,
        state=MessageState.RECEIVED,
        body=text,
    )
    session.add(message)
    session.flush()
    call(session, message)
    tell(
        session,
        "message",
        conversation=conversation.id,
        channel=conversation.channel_id,
        message=message.id,
    )
    return message
