"""Where conversations stand: the one place that brings a case in line with its conversation."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from core.api import Conversation, ConversationState, TenantSession, one_at_a_time
from plugins.routing import clock
from plugins.routing.models import Case, Decision, DistributionSetting

QUEUED, HELD, CLOSED = "queued", "held", "closed"


def turn(session: TenantSession) -> None:
    """Wait for this tenant's other decisions. First of all in each transaction that decides."""
    one_at_a_time(session, "routing")


def case_of(session: TenantSession, conversation_id: int) -> Case | None:
    """What is known of a conversation."""
    return session.scalar(select(Case).where(Case.conversation_id == conversation_id))


def open_case(session: TenantSession, conversation: Conversation) -> Case:
    """The case of a conversation, made where there is none."""
    found = case_of(session, conversation.id)
    if found is None:
        found = Case(
            conversation_id=conversation.id,
            channel_id=conversation.channel_id,
            contact_id=conversation.contact_id,
            state=CLOSED,
            since=clock.now(),
            tried=[],
            hops=0,
        )
        session.add(found)
        session.flush()
    return found


def fresh(session: TenantSession, conversation_id: int) -> Conversation | None:
    """A conversation as it is stored now, whatever this session remembers of it."""
    return session.get(Conversation, conversation_id, populate_existing=True)


def settle(session: TenantSession, conversation: Conversation, case: Case) -> bool:
    """Bring the case in line: closed, held by the assignee, or waiting in the queue.

    True where the assignee is news: a person, not routing, gave it to them.
    """
    at = clock.now()
    if conversation.state is ConversationState.CLOSED:
        if case.state != CLOSED:
            end_turn(session, conversation.id, at)
        case.state, case.agent_id, case.held_at, case.clock_at = CLOSED, None, None, None
        session.flush()
        return False
    if conversation.assignee_id is not None:
        is_news = case.state != HELD or case.agent_id != conversation.assignee_id
        if is_news:
            end_turn(session, conversation.id, at)
            case.state, case.agent_id, case.held_at = HELD, conversation.assignee_id, at
            case.clock_at = case.wants_id = None
            session.flush()
        return is_news
    if case.state != QUEUED:
        enqueue_case(session, conversation, case, at)
    return False


def enqueue_case(
    session: TenantSession, conversation: Conversation, case: Case, at: datetime
) -> None:
    """Let it wait for an agent, from when its customer began to wait."""
    end_turn(session, conversation.id, at)
    case.state, case.agent_id, case.held_at, case.clock_at = QUEUED, None, None, None
    case.since = min(conversation.waiting_since or at, at)
    session.flush()


def end_turn(session: TenantSession, conversation_id: int, at: datetime) -> None:
    """The last decision's turn is over."""
    session.execute(
        update(Decision)
        .where(Decision.conversation_id == conversation_id, Decision.ended_at.is_(None))
        .values(ended_at=at)
        .execution_options(synchronize_session=False)
    )


def setting_of(session: TenantSession, channel_id: int) -> DistributionSetting | None:
    """How a device's conversations are distributed; None: as a device without a setting."""
    return session.scalar(
        select(DistributionSetting).where(DistributionSetting.channel_id == channel_id)
    )
