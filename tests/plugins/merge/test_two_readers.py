"""Two channels hear from the same people at once, on PostgreSQL, while people regroup and reassign.

Workers read both channels as in production; everybody else is a person, whose request must never be
the one that the database ends. `SAPA_MERGE_MESSAGES=6000` makes it the long proof.
"""

from __future__ import annotations

import json
import os
import random
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from core.config import Settings
from core.errors import Conflict, Refused
from core.jobs import conflict
from core.models import (
    Allocation,
    Channel,
    Contact,
    Conversation,
    ConversationState,
    Customer,
    Job,
    Membership,
    Message,
    RawInbox,
    Tenant,
)
from core.models.base import now
from core.services import assigning, channels, conversations
from core.services.inbox_store import store
from core.services.tenants import RoleName, add_member, create_user
from core.tenancy.session import TenantSession
from core.testing.installation import Installation, installation
from core.testing.waiting import wait_until
from core.testing.working import work_off
from plugins import BUILTIN
from plugins.merge import services
from tests.plugins.merge.test_threads import BAD

MESSAGES = int(os.environ.get("SAPA_MERGE_MESSAGES", "1200"))
PEOPLE, AGENTS, PERSONS, BATCH = 40, 6, 4, 20

# the counters of open conversations against what is open
MISCOUNTED = text("""
    SELECT 'agent ' || m.id || ' counts ' || m.open_count FROM membership m
     WHERE m.open_count <> (SELECT count(*) FROM conversation c
                             WHERE c.assignee_id = m.id AND c.state <> 'closed')
""")


@pytest.fixture
def house(postgres_settings: Settings) -> Iterator[Installation]:
    with installation(postgres_settings, BUILTIN) as built:
        yield built


def furnish(house: Installation) -> list[int]:
    """Two channels and some agents; the channels."""
    with house.desk.database.system() as session:
        tenant = session.get_one(Tenant, house.tenant_id)
        for n in range(AGENTS):
            user = create_user(session, f"agent{n}@toko.example", password="long enough")
            add_member(session, tenant, user, [RoleName.AGENT])
    with house.tenant() as session:
        made = [
            channels.create_channel(
                session,
                kind="simulator",
                name=f"Phone {number}",
                own_address=f"+62811000{number}",
                values={"phone_url": "http://127.0.0.1:9/phone", "secret": "s"},
            )
            for number in range(2)
        ]
        agents = session.scalars(select(Membership)).all()
        session.add_all(
            Allocation(member_id=agent.id, channel_id=channel.id, capacity=None)
            for agent in agents
            for channel in made
        )
        return [channel.id for channel in made]


def body(rng: random.Random, serial: str) -> bytes:
    """Twenty of the same people, and two who never wrote before, in an order of its own."""
    people = [f"+62812555{n:04}" for n in rng.sample(range(PEOPLE), BATCH)]
    turn = serial.split("-")[1]
    people += [f"+62813{turn:0>4}{n:03}" for n in range(2)]
    rng.shuffle(people)
    messages = [
        {
            "id": f"{serial}-{n}",
            "from": number,
            "sent_at": now().isoformat(),
            "text": "halo",
            "name": f"Name {number[-4:]}",
        }
        for n, number in enumerate(people)
    ]
    return json.dumps({"messages": messages}).encode()


def write(house: Installation, channel_ids: list[int], turns: range) -> None:
    """Bodies for both channels, with the same people in both."""
    rng = random.Random(turns.start)
    for turn in turns:
        with house.desk.database.system() as session:
            for place, channel_id in enumerate(channel_ids):
                store(session, session.get_one(Channel, channel_id), body(rng, f"{place}-{turn}"))


def person(house: Installation, seed: int, over: threading.Event, trouble: list[str]) -> None:
    """Somebody at a screen: each click a transaction, as long as the messages come."""
    rng = random.Random(seed)
    clicks: list[Callable[[TenantSession, random.Random], None]] = [_close, _close, _assign, _merge]
    while not over.is_set():
        click = rng.choice(clicks)
        try:
            with house.tenant() as session:
                click(session, rng)
        except (Refused, Conflict):
            continue
        except DBAPIError as error:
            trouble.append(f"{click.__name__}: {str(error.orig)[:300]}")


def _close(session: TenantSession, rng: random.Random) -> None:
    wanted = Conversation.state != ConversationState.CLOSED
    if found := _any(session, rng, wanted):
        conversations.close(session, found)


def _assign(session: TenantSession, rng: random.Random) -> None:
    agents = session.scalars(select(Membership).order_by(Membership.id)).all()
    if found := _any(session, rng, Conversation.id > 0):
        assigning.assign(session, found, rng.choice(agents))


def _merge(session: TenantSession, rng: random.Random) -> None:
    ids = list(session.scalars(select(Customer.id).where(Customer.archived_at.is_(None))))
    if len(ids) > 2:
        services.merge(session, rng.choice(ids), [rng.choice(ids)])


def _any(session: TenantSession, rng: random.Random, wanted: Any) -> Conversation | None:
    ids = session.scalars(select(Conversation.id).where(wanted)).all()
    return session.get(Conversation, rng.choice(ids)) if ids else None


@pytest.mark.prove
def test_two_channels_of_the_same_people_leave_nobody_with_a_deadlock(
    house: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    gave_way: list[str] = []
    step_back = conflict.step_back
    monkeypatch.setattr(
        "core.jobs.runner.step_back", lambda turn: (gave_way.append("."), step_back(turn))[1]
    )
    channel_ids, trouble, over = furnish(house), [], threading.Event()
    persons = [
        threading.Thread(target=person, args=(house, seed, over, trouble))
        for seed in range(PERSONS)
    ]
    turns = MESSAGES // (2 * (BATCH + 2))
    house.desk.jobs.start(threads=4)
    try:
        write(house, channel_ids, range(1))
        for thread in persons:
            thread.start()
        write(house, channel_ids, range(1, turns + 1))
        assert wait_until(lambda: not _waiting(house), 120)
    finally:
        over.set()
        for thread in persons:
            thread.join()
        house.desk.jobs.stop()
    assert work_off(house.desk)
    with house.desk.database.system(write=False) as session:
        bad = [*session.scalars(BAD), *session.scalars(MISCOUNTED)]
        failures = session.scalar(select(func.count()).where(Job.failures > 0))
        messages = session.scalar(select(func.count()).select_from(Message))
        lost = session.scalar(
            select(func.count()).where(Message.contact_id.not_in(select(Contact.id)))
        )
    written = (turns + 1) * 2 * (BATCH + 2)
    print(
        f"\n{written} messages, {PERSONS} persons: {len(trouble)} errors that reached somebody, "
        f"{failures} failed attempts, jobs gave way {len(gave_way)} times, {len(bad)} bad states"
    )
    assert (trouble, bad, failures, lost) == ([], [], 0, 0)
    assert messages == written, "nothing lost, nothing twice"


def _waiting(house: Installation) -> int:
    with house.desk.database.system(write=False) as session:
        return session.scalar(select(func.count()).select_from(RawInbox)) or 0
