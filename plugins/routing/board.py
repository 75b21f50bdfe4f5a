"""What a supervisor watches: agents and what they have, who waits, and for how long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from core.api import Conversation, ConversationState, Presence, TenantSession
from plugins.routing import agents, cases
from plugins.routing.models import Case

SHOWN = 5
"""Conversations of one agent; the number says how many there are."""

COLUMNS = 18
"""Agents with a column of their own: who is there and whose customers wait longest. A team of two
hundred in columns is a page that nobody reads; the others stand in a list, with their load."""


@dataclass(frozen=True)
class Column:
    """One agent with the conversations that wait longest."""

    row: agents.AgentRow
    talks: Sequence[Conversation]


@dataclass(frozen=True)
class Board:
    """One moment. `waiting`: how many are in the queue, since `waiting_since`; `talks`: the oldest
    of them. `rows`: every agent; `columns` and `others` share out those that were asked for."""

    rows: Sequence[agents.AgentRow]
    columns: Sequence[Column]
    others: Sequence[agents.AgentRow]
    talks: Sequence[Conversation]
    waiting: int
    waiting_since: datetime | None

    @property
    def online(self) -> int:
        """Agents who are there."""
        return sum(row.presence is Presence.ONLINE for row in self.rows)

    @property
    def room(self) -> int:
        """How many more conversations those who are there could get."""
        return sum(
            max(row.member.capacity - row.member.open_count, 0)
            for row in self.rows
            if row.presence is Presence.ONLINE
        )


def look(session: TenantSession, name: str = "") -> Board:
    """The board as it is now; with `name` of the agents who are called so."""
    rows = agents.rows(session)
    asked = [row for row in rows if name.casefold() in row.member.name.casefold()]
    oldest = _waiting_by_agent(session)
    asked.sort(key=lambda row: _place(row, oldest.get(row.member.id)))
    first, others = asked[:COLUMNS], asked[COLUMNS:]
    held = _held(session, [row.member.id for row in first])
    queued = select(Case.conversation_id).where(Case.state == cases.QUEUED)
    is_waiting = Conversation.id.in_(queued), Conversation.assignee_id.is_(None)
    waiting, since = session.execute(
        select(func.count(Conversation.id), func.min(Conversation.waiting_since)).where(
            *is_waiting, Conversation.state == ConversationState.OPEN
        )
    ).one()
    return Board(
        rows=rows,
        columns=[Column(row, held.get(row.member.id, ())) for row in first],
        others=sorted(others, key=lambda row: row.member.name.casefold()),
        talks=session.scalars(_open().where(*is_waiting).limit(2 * SHOWN)).all(),
        waiting=waiting,
        waiting_since=since,
    )


def _place(row: agents.AgentRow, since: datetime | None) -> tuple[bool, float, str]:
    """Who is there or has something comes first, and of these whose customer waits longest."""
    is_quiet = row.presence is Presence.OFFLINE and not row.member.open_count
    return is_quiet, since.timestamp() if since else float("inf"), row.member.name.casefold()


def _waiting_by_agent(session: TenantSession) -> dict[int, datetime]:
    found = session.execute(
        select(Conversation.assignee_id, func.min(Conversation.waiting_since))
        .where(
            Conversation.state == ConversationState.OPEN,
            Conversation.assignee_id.is_not(None),
            Conversation.waiting_since.is_not(None),
        )
        .group_by(Conversation.assignee_id)
    )
    return {agent_id: since for agent_id, since in found if agent_id is not None and since}


def _held(session: TenantSession, member_ids: Sequence[int]) -> dict[int, list[Conversation]]:
    """The first few of each, in one statement."""
    place = func.row_number().over(
        partition_by=Conversation.assignee_id,
        order_by=(
            Conversation.waiting_since.is_(None),
            Conversation.waiting_since,
            Conversation.id,
        ),
    )
    ranked = (
        select(Conversation.id, place.label("place"))
        .where(
            Conversation.state == ConversationState.OPEN, Conversation.assignee_id.in_(member_ids)
        )
        .subquery()
    )
    first = select(ranked.c.id).where(ranked.c.place <= SHOWN)
    found: dict[int, list[Conversation]] = {}
    for talk in session.scalars(_open().where(Conversation.id.in_(first))):
        found.setdefault(talk.assignee_id or 0, []).append(talk)
    return found


def _open() -> Select[Conversation]:
    return (
        select(Conversation)
        .where(Conversation.state == ConversationState.OPEN)
        .options(joinedload(Conversation.contact), joinedload(Conversation.channel))
        .order_by(Conversation.waiting_since.is_(None), Conversation.waiting_since, Conversation.id)
    )
