"""Why a bot keeps silent: the one place that decides, asked when a message comes and again before
an answer leaves."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from core.api import (
    Assignment,
    Conversation,
    Direction,
    Message,
    Sender,
    TenantSession,
    consent_words,
    say,
    tenant_of,
)
from plugins.automation import clock
from plugins.automation.smart_reply import hours
from plugins.automation.smart_reply.models import Heard, HeardState, SmartReply, Talk

STALE = timedelta(hours=1)
"""Older messages are a person's: an answer that comes hours late by itself looks broken."""

OFTEN, WITHIN = 12, timedelta(minutes=10)
SAME, SAME_LENGTH = 3, 10
"""The same sentence that often in a row is a machine's; people do press *1* three times."""

BY_PEOPLE = (Sender.AGENT, Sender.PHONE)
Why = tuple[str, Any]


def why_silent(
    session: TenantSession, reply: SmartReply, talk: Talk, message: Message
) -> Why | None:
    """(code, sentence), or None where it may answer. A loop ends the talk for a while."""
    conversation = message.conversation
    if not reply.is_on or reply.archived_at is not None:
        return "off", say("It was switched off.")
    if consent_words.says_stop(session, message.body) or consent_words.says_start(
        session, message.body
    ):
        return "wish", say("They said whether they want to be written to: that needs no answer.")
    if message.sent_at < clock.now() - STALE:
        return "late", say("The message was more than an hour old.")
    local = clock.now().astimezone(ZoneInfo(tenant_of(session).time_zone))
    if hours.is_quiet(reply.hours, local):
        return "hours", say("It keeps silent at this time of day.")
    if conversation.waiting_since is None:
        return "answered", say("Somebody has answered already.")
    return _left(reply, talk) or _person(session, reply, talk, conversation) or _loop(
        session, talk, message
    )  # fmt: skip


def leave(talk: Talk, why: str) -> None:
    """Keep out of a conversation from now on."""
    talk.left_at, talk.left_why = clock.now(), str(why)[:300]


def _left(reply: SmartReply, talk: Talk) -> Why | None:
    if talk.left_at is None or _is_over(reply, talk.left_at):
        return None
    return "left", talk.left_why


def _person(
    session: TenantSession, reply: SmartReply, talk: Talk, conversation: Conversation
) -> Why | None:
    wrote = session.scalar(
        select(func.max(Message.created_at)).where(
            Message.conversation_id == conversation.id,
            Message.direction == Direction.OUT,
            Message.sender.in_(BY_PEOPLE),
            Message.is_history.is_(False),
            Message.created_at >= talk.since,
        )
    )
    if wrote is not None and not _is_over(reply, wrote):
        return "person", say("A person answers in this conversation.")
    # routing's own choice is no taking: everybody would have an agent before the bot could speak
    given = session.scalar(
        select(Assignment)
        .where(
            Assignment.conversation_id == conversation.id,
            Assignment.by_user_id.is_not(None),
            Assignment.at >= talk.since,
        )
        .order_by(Assignment.id.desc())
        .limit(1)
    )
    if given is None or (given.agent_id is None and given.division_id is None):
        return None
    if _is_over(reply, given.at):
        return None
    return "taken", say("A person has taken this conversation, or handed it over.")


def _loop(session: TenantSession, talk: Talk, message: Message) -> Why | None:
    """Two machines that answer each other: no message tells that a machine wrote it."""
    why: Why | None = None
    if _is_ours(session, message):
        return "echo", say("It was a message of our own that came back.")
    answered = session.scalar(
        select(func.count(Heard.id)).where(
            Heard.conversation_id == message.conversation_id,
            Heard.state == HeardState.ANSWERED,
            Heard.ended_at > clock.now() - WITHIN,
        )
    )
    if (answered or 0) >= OFTEN:
        why = "loop", say("%(often)s answers in ten minutes: that looks like two machines.",
                          often=OFTEN)  # fmt: skip
    elif _repeats(session, message):
        why = "loop", say("The same sentence came again and again: that looks like a machine.")
    if why is not None:
        leave(talk, why[1])
    return why


def _is_ours(session: TenantSession, message: Message) -> bool:
    if len(message.body) < SAME_LENGTH:
        return False
    recent = (
        select(Message.body)
        .where(
            Message.conversation_id == message.conversation_id,
            Message.direction == Direction.OUT,
            Message.id < message.id,
        )
        .order_by(Message.id.desc())
        .limit(5)
    )
    return message.body in session.scalars(recent).all()


def _repeats(session: TenantSession, message: Message) -> bool:
    if len(message.body) < SAME_LENGTH:
        return False
    recent = (
        select(Message.body)
        .where(
            Message.conversation_id == message.conversation_id,
            Message.direction == Direction.IN,
            Message.id <= message.id,
            Message.created_at > clock.now() - WITHIN,
        )
        .order_by(Message.id.desc())
        .limit(SAME)
    )
    found = session.scalars(recent).all()
    return len(found) == SAME and len(set(found)) == 1


def _is_over(reply: SmartReply, begun: datetime) -> bool:
    return reply.rest_hours > 0 and clock.now() >= begun + timedelta(hours=reply.rest_hours)
