"""Asking the bot and sending what it says: read, think outside any transaction, write once.

Thinking twice after a crash harms nobody. What is said is sent in the transaction that ends the
job and the claim: once (B12).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from core.api import (
    Actor,
    Answer,
    Bot,
    Conversation,
    Direction,
    Division,
    JobSpec,
    Message,
    OutcomeUnknown,
    Refused,
    RetryAt,
    Said,
    Scene,
    Sender,
    SendFailed,
    TenantSession,
    Turn,
    acting_as,
    assigning,
    caused_at,
    conversations,
    say,
    send_message,
)
from plugins.automation import catalogue, variables
from plugins.automation.smart_reply import silence
from plugins.automation.smart_reply.hearing import end
from plugins.automation.smart_reply.models import Heard, HeardState, SmartReply, Talk
from plugins.automation.smart_reply.talks import talk_of

PAST = 20
"""Messages before this one that a bot is told."""

ATTEMPTS = 3


@dataclass(frozen=True)
class Asked:
    """A bot, and what it is asked."""

    bot: Bot
    turn: Turn


class AnswerCall:
    """One message that a bot is asked about."""

    timeout = 60.0

    def claim(self, session: TenantSession, payload: dict[str, Any]) -> Asked | None:
        heard = _waiting(session, payload)
        if heard is None or heard.message is None:
            return None
        talk = talk_of(session, heard.conversation)
        if why := silence.why_silent(session, heard.smart_reply, talk, heard.message):
            end(heard, HeardState.SILENT, *why)
            return None
        bot = catalogue.bots(session).get(heard.smart_reply.bot)
        if bot is None:
            end(heard, HeardState.SILENT, "gone", say("The plugin that brought this bot is off."))
            return None
        return Asked(bot, turn_of(session, bot, heard.smart_reply, talk, heard.message))

    def call(self, claimed: Asked) -> Answer | None:
        return claimed.bot.answer(claimed.turn)

    def complete(
        self,
        session: TenantSession,
        payload: dict[str, Any],
        claimed: Asked,
        result: Answer | None,
    ) -> None:
        heard = _waiting(session, payload)
        if heard is None or heard.message is None:
            return
        talk = talk_of(session, heard.conversation)
        if why := silence.why_silent(session, heard.smart_reply, talk, heard.message):
            end(heard, HeardState.SILENT, *why)  # somebody was faster
        elif result is None:
            end(heard, HeardState.SILENT, "nothing", say("The bot had nothing to say to that."))
        else:
            say_it(session, heard, talk, result)

    def fail(
        self, session: TenantSession, payload: dict[str, Any], claimed: Asked, error: Exception
    ) -> RetryAt | None:
        reason = error.reason if isinstance(error, SendFailed | OutcomeUnknown) else ""
        return RetryAt(reason=reason)


def turn_of(
    session: TenantSession, bot: Bot, reply: SmartReply, talk: Talk, message: Message
) -> Turn:
    """All that the bot is told, as plain values."""
    scene = Scene(session, message.contact, conversation=message.conversation, message=message)
    return Turn(
        text=message.body,
        kind=message.kind,
        past=_past(session, message),
        is_first=talk.answers == 0,
        memory=dict(talk.memory),
        settings=dict(bot.prepare(session, reply.settings)),
        variables=dict(variables.fill(scene)),
        key=f"sapa-answer-{message.uuid}",
        http=session.desk.outbound,
    )


def say_it(session: TenantSession, heard: Heard, talk: Talk, answer: Answer) -> None:
    """Send, remember, hand over or close, and end the claim; all of it in one transaction."""
    conversation = heard.conversation
    actor = Actor(f"Smart Reply: {heard.smart_reply.name}")
    try:
        with session.begin_nested(), acting_as(actor), caused_at(1):
            message = None
            if answer.text:
                message = send_message(session, conversation, text=answer.text, sender=Sender.BOT)
            if answer.division_id is not None:
                _hand_over(session, conversation, talk, answer.division_id)
            elif answer.closes:
                conversations.close(session, conversation)
    except Refused as refused:
        end(heard, HeardState.FAILED, "refused", refused.message)
        return
    talk.memory, talk.answers = dict(answer.memory), talk.answers + 1
    heard.answer_id = message.id if message is not None else None
    end(heard, HeardState.ANSWERED, "", answer.why)


def give_up(session: TenantSession, payload: dict[str, Any], reason: str) -> None:
    """The bot failed each time it was asked: a person answers, and the history says why."""
    heard = _waiting(session, payload)
    if heard is not None:
        end(heard, HeardState.FAILED, "error", reason)


def end_as_stale(session: TenantSession, payload: dict[str, Any], reason: str) -> None:
    """The plugin was off meanwhile: nobody wants an answer that late."""
    heard = _waiting(session, payload)
    if heard is not None:
        end(heard, HeardState.SILENT, "late", reason)


def _hand_over(
    session: TenantSession, conversation: Conversation, talk: Talk, division_id: int
) -> None:
    division = session.get(Division, division_id)
    if division is None:
        raise Refused(say("The division that this hands over to is gone."))
    assigning.hand_over(session, conversation, division)
    silence.leave(talk, say("It was handed over to %(division)s.", division=division.name))


def _waiting(session: TenantSession, payload: dict[str, Any]) -> Heard | None:
    """The claim, locked; None where it has ended."""
    heard = session.get(Heard, payload["heard_id"], with_for_update=True)
    return heard if heard is not None and heard.state is HeardState.WAITING else None


def _past(session: TenantSession, message: Message) -> tuple[Said, ...]:
    found = session.execute(
        select(Message.direction, Message.body)
        .where(
            Message.conversation_id == message.conversation_id,
            Message.id < message.id,
            Message.direction != Direction.INTERNAL,
        )
        .order_by(Message.id.desc())
        .limit(PAST)
    ).all()
    return tuple(Said(direction is Direction.OUT, body) for direction, body in reversed(found))


ANSWER = JobSpec(
    "automation.answer",
    call=AnswerCall(),
    max_attempts=ATTEMPTS,
    stale_after=timedelta(hours=1),
    on_stale=end_as_stale,
    on_dead=give_up,
)
