"""Routing's background work: the rest of a batch, clocks that end, and the second net."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, select

from core.api import (
    Conversation,
    ConversationState,
    JobSpec,
    Periodic,
    TenantSession,
    job,
    periodic,
)
from plugins.routing import cases, idle
from plugins.routing.dealing import deal
from plugins.routing.handlers import begin, tell_board
from plugins.routing.keeping import tidy
from plugins.routing.models import Case

MOST_AT_A_SWEEP = 500


@job("routing.deal")
def deal_more(session: TenantSession, payload: dict[str, Any]) -> None:
    """Go on where a full batch stopped."""
    deal(session)
    tell_board(session)


@job("routing.idle")
def check_clock(session: TenantSession, payload: dict[str, Any]) -> None:
    """A clock has ended. Who can be given the conversation gets it in the same transaction."""
    if not idle.check(session, payload):
        return
    deal(session)
    conversation = cases.fresh(session, payload["conversation_id"])
    case = cases.case_of(session, payload["conversation_id"])
    if conversation is None or case is None:
        return
    if conversation.assignee_id is None and case.hops <= idle.MOST_HOPS:
        idle.tell_supervisors(session, conversation)  # nobody is left who could be asked
    tell_board(session)


@job("routing.clocks")
def set_clocks(session: TenantSession, payload: dict[str, Any]) -> None:
    """A device's idle minutes have changed."""
    cases.turn(session)
    idle.set_clocks_of(session, payload["channel_id"])


@periodic("routing.sweep", "* * * * *")
def sweep(session: TenantSession, payload: dict[str, Any]) -> None:
    """The second net: conversations that wait and that no event brought here.

    They came while the plugin was off, or their handler died for good.
    """
    cases.turn(session)
    lost = (
        select(Conversation)
        .outerjoin(Case, Case.conversation_id == Conversation.id)
        .where(
            Conversation.state == ConversationState.OPEN,
            or_(
                Conversation.assignee_id.is_(None)
                & Conversation.waiting_since.is_not(None)
                & (Case.id.is_(None) | (Case.state != cases.QUEUED)),
                Conversation.assignee_id.is_not(None)
                & (Case.id.is_(None) | (Case.state == cases.QUEUED)),
            ),
        )
        .order_by(Conversation.waiting_since, Conversation.id)
        .limit(MOST_AT_A_SWEEP)
    )
    for conversation in session.scalars(lost).all():
        begin(session, conversation)
    deal(session)


JOBS: tuple[JobSpec | Periodic, ...] = (deal_more, check_clock, set_clocks, sweep, tidy)
