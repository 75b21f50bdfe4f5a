"""A customer's message came: is there a bot for it, and may it speak? Claimed once, kept always."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.api import Message, MessageReceived, TenantSession, enqueue
from plugins.automation import clock
from plugins.automation.smart_reply import silence
from plugins.automation.smart_reply.models import Heard, HeardState, Place, SmartReply
from plugins.automation.smart_reply.talks import talk_of

MOST_REASON = 500


def hear(session: TenantSession, event: MessageReceived) -> Heard | None:
    """Claim the message for the smart reply of its device; None where there is none.

    The claim is a row under a unique key, written in the event's own transaction together with the
    job that answers. Whoever comes second finds it and does nothing. Echoes and history never come
    this way: they are no such event, or say so.
    """
    if event.is_history or event.is_automatic:
        return None
    reply = session.scalar(
        select(SmartReply)
        .join(Place, Place.smart_reply_id == SmartReply.id)
        .where(Place.channel_id == event.channel_id, SmartReply.is_on)
    )
    message = session.get(Message, event.message_id) if reply is not None else None
    if reply is None or message is None:
        return None
    heard = Heard(
        smart_reply_id=reply.id,
        conversation_id=event.conversation_id,
        contact_id=event.contact_id,
        message_id=event.message_id,
        created_at=clock.now(),
    )
    try:
        with session.begin_nested():
            session.add(heard)
            session.flush()
    except IntegrityError:
        return None
    if why := silence.why_silent(session, reply, talk_of(session, message.conversation), message):
        end(heard, HeardState.SILENT, *why)
    else:
        enqueue(
            session,
            "automation.answer",
            {"heard_id": heard.id},
            lane=f"automation/bot:{event.conversation_id}",
        )
    return heard


def end(heard: Heard, state: HeardState, code: str, reason: Any = "") -> None:
    """Nothing is left to do; why, for the history."""
    heard.state, heard.code = state, code
    heard.reason, heard.ended_at = str(reason)[:MOST_REASON], clock.now()
