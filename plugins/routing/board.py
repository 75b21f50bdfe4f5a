"""What a supervisor watches: agents and what they have, who waits, and for how long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from core.api import Conversation, ConversationState, TenantSession
from plugins.routing import agents, cases
from plugins.routing.models import Case

SHOWN = 12
"""Conversations of one agent; the number says how many there are."""


@dataclass(frozen=True)
class Column:
    """One agent with the conversations that wait longest."""

    row: agents.AgentRow
    talks: Sequence[Conversation]


@dataclass(frozen=True)
class Board:
    """One moment. `waiting`: how many are in the queue; `talks`: the oldest of them."""

    columns: Sequence[Column]
    talks: Sequence[Conversation]
    waiting: int


def look(session: TenantSession) -> Board:
    """The board as it is now."""
    by_agent: dict[int, list[Conversation]] = {}
    for talk in session.scalars(_open().where(Conversation.assignee_id.is_not(None))):
        mine = by_agent.setdefault(talk.assignee_id or 0, [])
        if len(mine) < SHOWN:
            mine.append(talk)
    queued = select(Case.conversation_id).where(Case.state == cases.QUEUED)
    is_waiting = Conversation.id.in_(queued), Conversation.assignee_id.is_(None)
    waiting = session.scalar(
        select(func.count(Conversation.id)).where(
            *is_waiting, Conversation.state == ConversationState.OPEN
        )
    )
    return Board(
        columns=[Column(row, by_agent.get(row.member.id, ())) for row in agents.rows(session)],
        talks=session.scalars(_open().where(*is_waiting).limit(SHOWN)).all(),
        waiting=waiting or 0,
    )


def _open() -> Select[Conversation]:
    return (
        select(Conversation)
        .where(Conversation.state == ConversationState.OPEN)
        .options(joinedload(Conversation.contact), joinedload(Conversation.channel))
        .order_by(Conversation.waiting_since.is_(None), Conversation.waiting_since, Conversation.id)
        .limit(1000)
    )
