"""The demo: made through the services, kept between starts, and served by one command."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.boot import open_desk
from core.config import Settings
from core.demo.people import ANA, MELATI, PASSWORD, PEOPLE
from core.demo.stage import set_up
from core.desk import Desk
from core.errors import Refused
from core.models import (
    Card,
    Channel,
    Contact,
    Conversation,
    ConversationState,
    Direction,
    Membership,
    Message,
    Order,
    OrderStatus,
    PaymentState,
    Task,
    Tenant,
)
from core.models.base import now
from core.services.tenants import create_tenant, find_tenant
from plugins import BUILTIN
from plugins.merge.matching import queue
from tests.cli.conftest import Sapa
from tests.cli.served import started


@pytest.fixture
def desk(home: Path):
    opened = open_desk(Settings(home=home), BUILTIN)
    yield opened
    opened.database.dispose()


def tenant_id(desk: Desk, slug: str) -> int:
    with desk.database.system(write=False) as session:
        found = find_tenant(session, slug)
        assert found is not None
        return found.id


def test_the_story_has_all_that_the_screens_show(desk: Desk):
    assert set_up(desk) is True
    with desk.database.tenant(tenant_id(desk, MELATI), write=False) as session:

        def count(model: type) -> int:
            return session.scalars(select(func.count()).select_from(model)).one()

        assert count(Contact) >= 25
        assert count(Conversation) >= 15
        assert count(Card) >= 10
        names = session.scalars(select(Contact.name)).all()
        assert names.count("Dewi Lestari") == 2  # to be merged
        states = set(session.scalars(select(Conversation.state)))
        assert states == {ConversationState.OPEN, ConversationState.CLOSED}
        assert set(session.scalars(select(Order.status))) == set(OrderStatus) - {OrderStatus.NEW}
        assert set(session.scalars(select(Order.payment))) == set(PaymentState)
        oldest = session.scalars(select(func.min(Message.sent_at))).one()
        assert (now() - oldest).days >= 6
        assert session.scalars(select(func.count(Task.id)).where(Task.done_at.is_(None))).one() >= 8


def test_possible_duplicates_wait_for_whoever_looks_at_the_demo(desk: Desk):
    set_up(desk)
    desk.jobs.run_pending()
    with desk.database.tenant(tenant_id(desk, MELATI), write=False) as session:
        pairs = [{each.one.name, each.other.name} for each in queue.waiting(session, 100)]
    assert {"Dewi Lestari", "Ibu Dewi Lestari"} in pairs


def test_messages_lie_in_the_past_in_the_order_they_came(desk: Desk):
    set_up(desk)
    with desk.database.tenant(tenant_id(desk, MELATI), write=False) as session:
        times = session.scalars(
            select(Message.sent_at)
            .where(Message.direction != Direction.INTERNAL)
            .order_by(Message.id)
        ).all()
        assert times == sorted(times)
        for talk in session.scalars(select(Conversation)):
            last = session.scalars(
                select(func.max(Message.sent_at)).where(
                    Message.conversation_id == talk.id, Message.direction != Direction.INTERNAL
                )
            ).one()
            assert talk.last_at == last


def test_nothing_is_sent_when_the_jobs_run(desk: Desk):
    set_up(desk)
    with desk.database.tenant(tenant_id(desk, MELATI), write=False) as session:
        before = session.execute(select(Message.id, Message.state).order_by(Message.id)).all()
    desk.jobs.run_pending()
    with desk.database.tenant(tenant_id(desk, MELATI), write=False) as session:
        assert (
            session.execute(select(Message.id, Message.state).order_by(Message.id)).all() == before
        )


def test_a_second_start_keeps_everything(desk: Desk):
    set_up(desk)
    with desk.database.tenant(tenant_id(desk, MELATI)) as session:
        contact = session.scalars(select(Contact).limit(1)).one()
        contact.name = "Changed by hand"
    assert set_up(desk) is False
    with desk.database.tenant(tenant_id(desk, MELATI), write=False) as session:
        assert session.scalars(select(Contact.name).limit(1)).one() == "Changed by hand"


def test_F9_one_admin_works_in_both_tenants(desk: Desk):
    set_up(desk)
    with desk.database.system(write=False) as session:
        places = session.execute(
            select(Tenant.slug, Membership.roles)
            .join(Membership, Membership.tenant_id == Tenant.id)
            .where(Membership.user.has(email="ana@atelier-ana.example"))
        ).all()
    assert {slug: tuple(roles) for slug, roles in places} == {
        MELATI: ("Tenant admin",),
        ANA: ("Tenant admin",),
    }


def test_the_phones_are_pointed_at_this_server(desk: Desk):
    set_up(desk)
    moved = open_desk(Settings(home=desk.settings.home, port=9999), BUILTIN)
    set_up(moved)
    with moved.database.tenant(tenant_id(moved, ANA), write=False) as session:
        channel = session.scalars(select(Channel)).one()
        expected = f"http://127.0.0.1:9999/simulator/phone/{channel.uuid}"
        assert channel.settings["phone_url"] == expected
    moved.database.dispose()


def test_the_demo_tells_programs_too(sapa: Sapa, free_port: int):
    done = sapa("demo", "--no-serve", "--port", str(free_port), "--json")
    assert done.status == 0
    assert done.data["made"] is True
    assert [each["email"] for each in done.data["accounts"]] == [each.email for each in PEOPLE]


def test_it_stays_out_of_an_installation_with_tenants_of_its_own(desk: Desk):
    with desk.database.system() as session:
        create_tenant(session, "real-business", plan="starter")
    with pytest.raises(Refused, match="SAPA_HOME"):
        set_up(desk)


def test_sapa_demo_serves_from_nothing_and_everybody_can_log_in(tmp_path: Path, free_port: int):
    with started("demo", home=tmp_path / "home", port=free_port) as server:
        for person in PEOPLE:
            assert person.email in server.log
            body = {"username": person.email, "password": PASSWORD, "provider": "db"}
            request = urllib.request.Request(
                server.url("/api/v1/security/login"),
                json.dumps(body).encode(),
                {"Content-Type": "application/json"},
            )
            with urllib.request.urlopen(request, timeout=30) as answer:
                assert json.load(answer)["access_token"]
        assert server.stop() == 0
    with started("demo", home=tmp_path / "home", port=free_port) as server:
        assert "The demo is as you left it." in server.log
        assert server.stop() == 0
