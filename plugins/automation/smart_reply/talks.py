"""What a conversation has come to with its bot: begun, begun anew, left."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from core.api import Conversation, ConversationOpened, TenantSession
from plugins.automation import clock
from plugins.automation.smart_reply import silence
from plugins.automation.smart_reply.models import Heard, Talk


def talk_of(session: TenantSession, conversation: Conversation) -> Talk:
    """The conversation's talk, locked; a new one counts from when the conversation began."""
    talk = _find(session, conversation.id)
    if talk is None:
        talk = Talk(
            conversation_id=conversation.id, memory={}, answers=0, since=conversation.created_at
        )
        session.add(talk)
        session.flush()
    return talk


def begin_anew(session: TenantSession, event: ConversationOpened) -> None:
    """It was closed, and they write again: whoever answered before has ended that."""
    conversation = session.get(Conversation, event.conversation_id)
    talk = _find(session, event.conversation_id)
    if not event.is_reopened or conversation is None or talk is None:
        return
    talk.since = conversation.waiting_since or clock.now()
    talk.memory, talk.answers = {}, 0
    talk.left_at, talk.left_why = None, ""
    session.flush()


def leave_to(session: TenantSession, conversation: Conversation, why: Any) -> None:
    """A rule gave the conversation to somebody: the bot keeps out of it."""
    talk = _find(session, conversation.id)
    if talk is not None:
        silence.leave(talk, why)
        session.flush()


def forget(session: TenantSession, contact_id: int) -> None:
    """Somebody was erased: what a bot remembered of them goes, that it answered stays."""
    theirs = select(Conversation.id).where(Conversation.contact_id == contact_id)
    session.execute(
        update(Talk)
        .where(Talk.conversation_id.in_(theirs))
        .values(memory={}, left_why="")
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Heard)
        .where(Heard.contact_id == contact_id)
        .values(reason="")
        .execution_options(synchronize_session=False)
    )


def _find(session: TenantSession, conversation_id: int) -> Talk | None:
    return session.scalar(
        select(Talk).where(Talk.conversation_id == conversation_id).with_for_update()
    )
