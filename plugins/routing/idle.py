"""Idle agents (C11): who doesn't answer within the set minutes loses the conversation to another.

The clock starts at the later of the assignment and the first unanswered message, and anew with each
assignment. A job is due when it ends; the job looks at what is stored, so that an answer that came
in the last second counts, also one that the provider hasn't taken yet.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select

from core.api import (
    Conversation,
    ConversationState,
    Direction,
    Membership,
    Message,
    NewJob,
    RoleName,
    Sender,
    TenantSession,
    assigning,
    enqueue,
    enqueue_all,
    say,
    tasks,
    tell,
)
from plugins.routing import cases, clock
from plugins.routing.models import Case, Decision
from plugins.routing.words import log_reason

MOST_HOPS = 3
"""After so many agents the queue has it, and the supervisors are told."""

BY_PEOPLE = (Sender.AGENT, Sender.PHONE)


def unanswered_since(
    session: TenantSession, conversation_ids: Collection[int]
) -> dict[int, datetime]:
    """Conversation → when its oldest message came that no person has answered; none: left out.

    A bot's answer is none. What an agent wrote answers all that had arrived. An echo was typed on
    the phone and may be told late: it answers what the provider's clock says came before it.
    """
    of_it = Message.conversation_id == Conversation.id, Message.is_history.is_(False)
    typed = (
        select(func.max(Message.id))
        .where(*of_it, Message.sender == Sender.AGENT, Message.direction == Direction.OUT)
        .correlate(Conversation)
        .scalar_subquery()
    )
    echoed = (
        select(func.max(Message.sent_at))
        .where(*of_it, Message.sender == Sender.PHONE)
        .correlate(Conversation)
        .scalar_subquery()
    )
    answers = (
        select(Conversation.id, typed.label("typed"), echoed.label("echoed"))
        .where(Conversation.id.in_(conversation_ids))
        .subquery()
    )
    came = (
        select(Message.conversation_id, func.min(Message.id).label("first"))
        .join(answers, answers.c.id == Message.conversation_id)
        .where(
            Message.direction == Direction.IN,
            Message.is_history.is_(False),
            or_(answers.c.typed.is_(None), Message.id > answers.c.typed),
            or_(answers.c.echoed.is_(None), Message.sent_at > answers.c.echoed),
        )
        .group_by(Message.conversation_id)
        .subquery()
    )
    rows = session.execute(
        select(Message.conversation_id, Message.created_at).join(came, came.c.first == Message.id)
    )
    return {row.conversation_id: row.created_at for row in rows}


def clocks_from(
    session: TenantSession, minutes: Mapping[int, int | None], at: datetime
) -> dict[int, datetime]:
    """Start the clocks of conversations that are given at `at`; when each ends.

    `minutes`: conversation → its device's, None where it has none. With a job for each, in as many
    statements as for one.
    """
    timed = {key: most for key, most in minutes.items() if most is not None}
    if not timed:
        return {}
    ends = {
        key: max(at, begun) + timedelta(minutes=timed[key])
        for key, begun in unanswered_since(session, timed).items()
    }
    enqueue_all(
        session,
        [
            NewJob("routing.idle", {"conversation_id": key, "due": end.isoformat()}, due_at=end)
            for key, end in ends.items()
        ],
    )
    return ends


def set_clock(session: TenantSession, conversation: Conversation, case: Case) -> None:
    """Let the clock run to where it ends now; stop it where nothing is unanswered."""
    due_at = _due(session, conversation, case)
    if due_at == case.clock_at:
        return
    case.clock_at = due_at
    session.flush()
    if due_at is not None:
        payload = {"conversation_id": conversation.id, "due": due_at.isoformat()}
        enqueue(session, "routing.idle", payload, due_at=due_at)


def set_clocks_of(session: TenantSession, channel_id: int) -> None:
    """A device's minutes have changed."""
    held = select(Case).where(Case.channel_id == channel_id, Case.state == cases.HELD)
    for case in session.scalars(held).all():
        conversation = session.get(Conversation, case.conversation_id)
        if conversation is not None:
            set_clock(session, conversation, case)


def check(session: TenantSession, payload: dict[str, Any]) -> bool:
    """A clock has ended: take the conversation from its agent, unless the clock is another now."""
    cases.turn(session)
    conversation = cases.fresh(session, payload["conversation_id"])
    case = cases.case_of(session, payload["conversation_id"])
    if conversation is None or case is None or case.clock_at is None:
        return False
    if case.clock_at.isoformat() != payload["due"]:
        return False  # it was set anew, with a job of its own
    due_at = _due(session, conversation, case)
    if due_at != case.clock_at or due_at is None or due_at > clock.now():
        case.clock_at = None
        set_clock(session, conversation, case)
        return False
    _take_away(session, conversation, case)
    return True


def answered(session: TenantSession, conversation: Conversation, case: Case) -> None:
    """A person answered: whoever was tried may be asked again."""
    case.tried, case.hops = [], 0
    set_clock(session, conversation, case)
    session.flush()


def _due(session: TenantSession, conversation: Conversation, case: Case) -> datetime | None:
    setting = cases.setting_of(session, case.channel_id)
    if setting is None or setting.idle_minutes is None or case.state != cases.HELD:
        return None
    if case.held_at is None or conversation.state is ConversationState.CLOSED:
        return None
    if conversation.assignee_id != case.agent_id:
        return None
    first = unanswered_since(session, [conversation.id]).get(conversation.id)
    if first is None:
        return None
    begun = max(case.held_at, first)
    if conversation.state is ConversationState.PENDING and conversation.snoozed_until is not None:
        begun = max(begun, conversation.snoozed_until)  # put away on purpose
    return begun + timedelta(minutes=setting.idle_minutes)


def _take_away(session: TenantSession, conversation: Conversation, case: Case) -> None:
    at, loser = clock.now(), conversation.assignee
    if loser is None:
        return
    case.tried = [*case.tried, loser.id]
    reason = log_reason("idle", loser.name)
    assigning.assign(session, conversation, None, reason)
    cases.enqueue_case(session, conversation, case, at)
    is_last = case.hops >= MOST_HOPS
    case.hops += 1
    session.add(
        Decision(
            conversation_id=conversation.id,
            channel_id=case.channel_id,
            division_id=conversation.division_id,
            agent_id=loser.id,
            kind="given_up" if is_last else "idle",
            since=case.since,
            at=at,
            ended_at=at,
        )
    )
    session.flush()
    if is_last:
        case.tried = sorted({*case.tried, *_everybody(session)})  # nobody, until a person answers
        tell_supervisors(session, conversation)


def tell_supervisors(session: TenantSession, conversation: Conversation) -> None:
    """Somebody has to look: a task for each supervisor, or where there is none each admin."""
    members = session.scalars(select(Membership).where(Membership.is_active.is_(True))).all()
    by_role = {
        role: [each for each in members if role in each.roles]
        for role in (RoleName.SUPERVISOR, RoleName.ADMIN)
    }
    title = say("Nobody answers %(name)s", name=str(conversation.contact))
    for member in by_role[RoleName.SUPERVISOR] or by_role[RoleName.ADMIN]:
        tasks.open_todo(session, conversation, title, member.id)
    tell(session, "routing", conversation=conversation.id, channel=conversation.channel_id)


def _everybody(session: TenantSession) -> Collection[int]:
    return session.scalars(select(Membership.id).where(Membership.is_active.is_(True))).all()
