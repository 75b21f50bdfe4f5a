"""Many workers at once: capacity never exceeded, nothing assigned twice, nothing forgotten."""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, update

from core.models import Assignment, Conversation, Membership
from core.models.base import now
from core.services.start import conversation_with
from core.tenancy.bulk import insert_unnamed
from plugins.routing.dealing import deal
from plugins.routing.models import Case
from tests.plugins.routing.conftest import Floor

CONVERSATIONS = int(os.environ.get("SAPA_ROUTING_CONVERSATIONS", "1000"))
AGENTS = int(os.environ.get("SAPA_ROUTING_AGENTS", "60"))
WORKERS = 16


def queue_up(floor: Floor, number: int) -> None:
    """Conversations that wait, written in one go."""
    with floor.house.tenant() as session:
        from core.models import Channel

        channel = session.get_one(Channel, floor.channel_id)
        rows = []
        for n in range(number):
            talk = conversation_with(session, channel, f"+62813{n:08}")
            talk.waiting_since = now()
            session.flush()
            rows.append(
                {
                    "conversation_id": talk.id,
                    "channel_id": talk.channel_id,
                    "contact_id": talk.contact_id,
                    "state": "queued",
                }
            )
        insert_unnamed(session, Case, rows)


def drain(floor: Floor, workers: int) -> None:
    """`workers` threads, each with connections of its own, deal until nothing moves."""

    def one(_number: int) -> None:
        switches = floor.house.desk.host.switches
        while True:
            with floor.house.tenant() as session, switches.pinned(session):
                given = deal(session)
            if not given:
                return

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(one, range(workers)))


@pytest.mark.prove
def test_C13_sixteen_workers_never_exceed_capacity_nor_forget_or_double(floor: Floor) -> None:
    members = [floor.hire(f"a{n}") for n in range(AGENTS)]
    room = 0
    with floor.house.tenant() as session:
        for place, member_id in enumerate(members):
            room += (most := 3 + place % 23)
            session.execute(
                update(Membership)
                .where(Membership.id == member_id)
                .values(capacity=most)
                .execution_options(synchronize_session=False)
            )
    queue_up(floor, CONVERSATIONS)
    drain(floor, WORKERS)
    with floor.house.tenant(write=False) as session:
        agents = session.scalars(select(Membership).where(Membership.id.in_(members))).all()
        held = Counter(
            dict(
                session.execute(
                    select(Conversation.assignee_id, func.count(Conversation.id))
                    .where(Conversation.assignee_id.is_not(None))
                    .group_by(Conversation.assignee_id)
                ).all()
            )
        )
        assert all(held[agent.id] <= agent.capacity for agent in agents)
        assert all(agent.open_count == held[agent.id] for agent in agents)
        assert all(agent.promised == agent.beyond == 0 for agent in agents)
        assert sum(held.values()) == min(room, CONVERSATIONS)
        queued = session.scalar(select(func.count(Case.id)).where(Case.state == "queued"))
        assert queued == CONVERSATIONS - min(room, CONVERSATIONS)
        turns = session.execute(
            select(Assignment.conversation_id).group_by(Assignment.conversation_id)
        ).all()
        total = session.scalar(select(func.count(Assignment.id)))
        assert len(turns) == total == min(room, CONVERSATIONS)


def test_C9_three_agents_three_hundred_conversations_eight_workers(floor: Floor) -> None:
    floor.team("Rina", "Budi", "Citra")
    for name in floor.members:
        floor.capacity(name, 500)
    queue_up(floor, 300)
    drain(floor, 8)
    with floor.house.tenant(write=False) as session:
        held = select(Conversation.assignee_id, func.count(Conversation.id))
        shares = dict(session.execute(held.group_by(Conversation.assignee_id)).all())
    assert set(shares) == set(floor.members.values())
    assert all(99 <= share <= 101 for share in shares.values())
