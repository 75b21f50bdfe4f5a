"""Many workers at once: capacity never exceeded, nothing assigned twice, nothing forgotten."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import event, func, select
from werkzeug.security import generate_password_hash

from core.events import ConversationOpened
from core.inbound import IdentityKind
from core.models import (
    Assignment,
    Channel,
    Conversation,
    Identity,
    Membership,
    Tenant,
)
from core.models.base import now
from core.services import allocating
from core.services.start import conversation_with
from core.services.tenants import RoleName, add_member
from core.tenancy.bulk import insert_rows, insert_unnamed
from core.tenancy.session import TenantSession
from plugins.routing import board, handlers
from plugins.routing.dealing import deal
from plugins.routing.models import Case
from tests.plugins.routing.conftest import Floor
from tests.plugins.routing.dealers import drain

CONVERSATIONS = int(os.environ.get("SAPA_ROUTING_CONVERSATIONS", "5000"))
AGENTS = 200
WORKERS = 16


def staff(floor: Floor, capacities: list[int], *, first: int = 0) -> list[int]:
    """As many agents, all of them online for the next hour."""
    password = generate_password_hash("rahasia-123")
    with floor.house.desk.database.system() as session:
        tenant = session.get_one(Tenant, floor.house.tenant_id)
        members = []
        for place, most in enumerate(capacities, first):
            address = f"a{place}@toko.example"
            user = User(username=address, email=address, first_name=f"A{place}", last_name="")
            user.active, user.password = True, password
            session.add(user)
            session.flush()
            member = add_member(session, tenant, user, [RoleName.AGENT])
            member.capacity, member.seen_at = most, now() + timedelta(hours=1)
            members.append(member.id)
        return members


def queue_up(floor: Floor, number: int) -> None:
    """Conversations that wait, written in one go: one contact with many addresses."""
    with floor.house.tenant() as session:
        channel = session.get_one(Channel, floor.channel_id)
        contact_id = conversation_with(session, channel, "+6281300000000").contact_id
        identities = insert_rows(
            session,
            Identity,
            [
                {
                    "contact_id": contact_id,
                    "kind": IdentityKind.PHONE,
                    "address": f"+62814{n:08}",
                }
                for n in range(number)
            ],
        )
        at = {"channel_id": channel.id, "contact_id": contact_id}
        talks = insert_rows(
            session,
            Conversation,
            [{**at, "identity_id": each, "waiting_since": now()} for each in identities],
        )
        insert_unnamed(
            session, Case, [{**at, "conversation_id": each, "state": "queued"} for each in talks]
        )


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
        bind = session.get_bind()

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


def test_C14_the_unassignable_at_the_head_are_not_even_read(lite: Floor) -> None:
    """Their number changes nothing: neither what goes nor how much is read for it."""
    staff(lite, [500])
    lonely = lite.channel("Nobody's")
    with lite.house.tenant() as session:
        members = session.scalars(select(Membership)).all()
        for member in members:
            allocating.allocate(session, member, {lite.channel_id: None})
    here = lite.channel_id
    lite.channel_id = lonely
    queue_up(lite, 150)
    lite.channel_id = here
    lite.work()
    last = lite.write(work=False)
    with lite.house.tenant() as session, lite.house.desk.host.switches.pinned(session):
        handlers.on_opened(
            session,
            ConversationOpened(conversation_id=last, contact_id=0, channel_id=lite.channel_id),
        )
    with lite.house.tenant(write=False) as session:
        given = session.scalars(
            select(Conversation.id).where(Conversation.assignee_id.is_not(None))
        ).all()
        assert given == [last]
        assert session.scalar(select(func.count(Case.id)).where(Case.state == "queued")) == 150


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
        assert [row.member.name for row in board.look(session, "a19").rows][:1]
        assert {c.row.member.name for c in board.look(session, "A19").columns} == {
            "A19",
            *(f"A19{n}" for n in range(10)),
        }
