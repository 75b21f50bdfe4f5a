"""Where a conversation stands: open, snoozed, closed, read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from core.audit import SYSTEM, current_actor, record
from core.errors import NotFound, Refused
from core.events import (
    ConversationClosed,
    ConversationOpened,
    publish,
)
from core.jobs.outbox import enqueue
from core.live import tell
from core.models import (
    Conversation,
    ConversationState,
)
from core.models.base import now
from core.services.tasks import close_reply_task
from core.tenancy.session import TenantSession
from core.words import say


def reopen(session: TenantSession, conversation: Conversation) -> None:
    """Open a closed or snoozed conversation again."""
    if conversation.state is ConversationState.OPEN:
        return
    was_closed = conversation.state is ConversationState.CLOSED
    conversation.state = ConversationState.OPEN
    conversation.snoozed_until = None
    conversation.closed_at = None
    session.flush()
    if current_actor() is not SYSTEM:
        record(session, "reopen", conversation)
    if was_closed:
        publish(session, opened(conversation, is_reopened=True))
    tell(session, "conversation", conversation=conversation.id, channel=conversation.channel_id)


def close(session: TenantSession, conversation: Conversation) -> None:
    """Done, until the customer writes again. Its reply task ends too."""
    if conversation.state is ConversationState.CLOSED:
        return
    conversation.state = ConversationState.CLOSED
    conversation.closed_at = now()
    conversation.waiting_since = None
    conversation.unread = 0
    session.flush()
    close_reply_task(session, conversation, now())
    record(session, "close", conversation)
    publish(
        session,
        ConversationClosed(
            conversation_id=conversation.id,
            contact_id=conversation.contact_id,
            assignee_id=conversation.assignee_id,
        ),
    )
    tell(session, "conversation", conversation=conversation.id, channel=conversation.channel_id)


def snooze(session: TenantSession, conversation: Conversation, until: datetime) -> None:
    """Out of the way until a time; an inbound message brings it back earlier."""
    if until <= now():
        raise Refused(say("Choose a time in the future."), "until")
    conversation.state = ConversationState.PENDING
    conversation.snoozed_until = until
    session.flush()
    record(session, "snooze", conversation, {"snoozed_until": ("", until.isoformat())})
    enqueue(session, "core.wake", {"conversation_id": conversation.id}, due_at=until)
    tell(session, "conversation", conversation=conversation.id, channel=conversation.channel_id)


def wake(session: TenantSession, payload: dict[str, Any]) -> None:
    """Bring a snoozed conversation back, unless it was snoozed anew or taken up meanwhile."""
    conversation = session.get(Conversation, payload["conversation_id"])
    if conversation is None or conversation.state is not ConversationState.PENDING:
        return
    if conversation.snoozed_until is not None and conversation.snoozed_until <= now():
        reopen(session, conversation)


def mark_read(session: TenantSession, conversation: Conversation) -> None:
    """Somebody looked at it."""
    if conversation.unread:
        conversation.unread = 0
        session.flush()
        tell(session, "conversation", conversation=conversation.id, channel=conversation.channel_id)


def get(session: TenantSession, conversation_id: int) -> Conversation:
    """One of this tenant's conversations. Raises NotFound."""
    conversation = session.get(Conversation, conversation_id)
    if conversation is None:
        raise NotFound(say("There is no such conversation."))
    return conversation


def opened(conversation: Conversation, *, is_reopened: bool) -> ConversationOpened:
    """The event that a conversation began, or began again."""
    return ConversationOpened(
        conversation_id=conversation.id,
        contact_id=conversation.contact_id,
        channel_id=conversation.channel_id,
        is_reopened=is_reopened,
    )
