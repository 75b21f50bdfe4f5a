"""Many workers at once: capacity never exceeded, nothing assigned twice, nothing forgotten."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event, func, select

from core.models import (
    Assignment,
    Conversation,
    Membership,
)
from core.tenancy.session import TenantSession
from plugins.routing import board
from plugins.routing.dealing import deal
from plugins.routing.models import Case
from tests.plugins.routing.conftest import Floor
from tests.plugins.routing.dealers import drain, queue_up, staff

CONVERSATIONS = int(os.environ.get("SAPA_ROUTING_CONVERSATIONS", "5000"))
AGENTS = 200
WORKERS = 16


def shares(floor: Floor) -> Counter[int]:
    """How many conversations each agent has, by what the conversations say."""
    with floor.house.tenant(write=False) as session:
        found = session.execute(
            select(Conversation.assignee_id, func.count(Conversation.id))
            .where(Conversation.assignee_id.is_not(None))
            .group_by(Conversation.assignee_id)
        )
        return Counter(dict(found.all()))  # type: ignore[arg-type]  # no None among them


@pytest.mark.prove
def test_C13_sixteen_workers_never_exceed_capacity_nor_forget_or_double(floor: Floor) -> None:
    capacities = [max(CONVERSATIONS // AGENTS - 12, 1) + place % 23 for place in range(AGENTS)]
    members = staff(floor, capacities)
    queue_up(floor, CONVERSATIONS)
    should_go = sum(capacities)
    assert should_go < CONVERSATIONS
    assert drain(floor, WORKERS) == should_go
    held = shares(floor)
    assert held.total() == should_go
    with floor.house.tenant(write=False) as session:
        agents = session.scalars(select(Membership).where(Membership.id.in_(members))).all()
        assert all(held[agent.id] <= agent.capacity for agent in agents)
        assert all(agent.open_count == held[agent.id] for agent in agents)
        assert all(agent.promised == agent.beyond == 0 for agent in agents)
        queued = session.scalar(select(func.count(Case.id)).where(Case.state == "queued"))
        assert queued == CONVERSATIONS - should_go
        total, different = session.execute(
            select(func.count(Assignment.id), func.count(func.distinct(Assignment.conversation_id)))
        ).one()
        assert total == different == should_go


def test_C9_three_agents_three_hundred_conversations_eight_workers(floor: Floor) -> None:
    members = staff(floor, [500] * 3)
    queue_up(floor, 300)
    assert drain(floor, 8) == 300
    held = shares(floor)
    assert set(held) == set(members)
    assert all(99 <= share <= 101 for share in held.values())


def statements(floor: Floor, work: Callable[[TenantSession], object]) -> int:
    """How many statements `work` takes."""
    seen: list[str] = []
    with floor.house.tenant() as session, floor.house.desk.host.switches.pinned(session):
        bind = floor.house.desk.database.engine

        def note(*call: Any) -> None:
            seen.append(call[2])

        event.listen(bind, "before_cursor_execute", note)
        try:
            work(session)
        finally:
            event.remove(bind, "before_cursor_execute", note)
    return len(seen)


def test_C14_a_batch_takes_as_many_statements_as_one_decision(floor: Floor) -> None:
    staff(floor, [500] * 3)
    floor.setting(idle_minutes=5)
    queue_up(floor, 41)
    one = statements(floor, lambda session: deal(session, 1))
    forty = statements(floor, lambda session: deal(session, 40))
    assert shares(floor).total() == 41
    # SQLite has no arrays: it claims one by one, in the only transaction that writes
    assert forty <= one + (3 * 40 if floor.house.desk.settings.is_sqlite else 2)


def test_the_board_of_two_hundred_agents_takes_as_many_statements_as_that_of_three(
    lite: Floor,
) -> None:
    staff(lite, [500] * 3)
    queue_up(lite, 60)
    drain(lite, 1)
    few = statements(lite, board.look)
    staff(lite, [500] * 197, first=3)
    many = statements(lite, board.look)
    assert many == few <= 8
    with lite.house.tenant(write=False) as session:
        found = board.look(session)
        assert len(found.rows) == 200
        assert len(found.columns) == board.COLUMNS
        assert len(found.others) == 200 - board.COLUMNS
        assert all(len(column.talks) == board.SHOWN for column in found.columns[:3])
        assert {c.row.member.name for c in board.look(session, "a19").columns} == {
            "A19",
            *(f"A19{n}" for n in range(10)),
        }
