"""Twelve threads merge, unmerge, undo and receive at once on PostgreSQL: no bad state, no deadlock.

The proof does 600 operations; `SAPA_MERGE_OPERATIONS=6000` makes it the long one.
"""

from __future__ import annotations

import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from core.config import Settings
from core.errors import Refused
from core.inbound import Address, IdentityKind, InboundMessage, MessageKind
from core.models import Channel, Contact, Customer, MergeEvent, Message
from core.models.base import now
from core.services import channels
from core.services.receive_many.all import receive_all
from core.tenancy.session import TenantSession
from core.testing.installation import Installation, installation
from plugins import BUILTIN
from plugins.merge import services

THREADS = 12
PEOPLE = 36
CHANNELS = 4
OPERATIONS = int(os.environ.get("SAPA_MERGE_OPERATIONS", "600"))

# in one statement, so in one snapshot: every way in which a state would be bad
BAD = text("""
    SELECT 'a group of ' || count(*) FROM contact c JOIN customer k ON k.id = c.customer_id
     WHERE k.is_group GROUP BY k.id HAVING count(*) = 1 OR count(*) > 11
    UNION ALL
    SELECT 'contact ' || c.id || ' in a customer that is redirected'
      FROM contact c JOIN customer k ON k.id = c.customer_id WHERE k.successor_id IS NOT NULL
    UNION ALL
    SELECT 'contact ' || c.id || ' in a customer that is not listed'
      FROM contact c JOIN customer k ON k.id = c.customer_id WHERE k.archived_at IS NOT NULL
    UNION ALL
    SELECT 'contact ' || c.id || ' in a home that is not its own'
      FROM contact c JOIN customer k ON k.id = c.customer_id
     WHERE NOT k.is_group AND k.id <> c.home_id
    UNION ALL
    SELECT 'customer ' || k.id || ' is listed and empty' FROM customer k
     WHERE k.archived_at IS NULL AND NOT EXISTS (SELECT FROM contact c WHERE c.customer_id = k.id)
    UNION ALL
    SELECT 'group ' || k.id || ' has a main channel outside' FROM customer k
      JOIN customer_choice o ON o.customer_id = k.id JOIN contact c ON c.id = o.contact_id
     WHERE k.is_group AND k.archived_at IS NULL AND c.customer_id <> k.id
    UNION ALL
    SELECT 'profile of ' || k.id || ' is nobody''s' FROM customer k
     WHERE k.archived_at IS NULL AND k.name <> '' AND NOT EXISTS
       (SELECT FROM contact c WHERE c.customer_id = k.id AND c.name = k.name)
    UNION ALL
    SELECT 'message ' || m.id || ' left its contact' FROM message m
      JOIN conversation t ON t.id = m.conversation_id WHERE t.contact_id <> m.contact_id
""")


@dataclass
class Tally:
    """What happened, over all threads."""

    done: Counter[str] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    reads: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    reader: dict[int, threading.Lock] = field(default_factory=dict)
    """One for each channel, as in production (decision 007)."""

    def note(self, what: str) -> None:
        with self.lock:
            self.done[what] += 1


@pytest.fixture
def house(postgres_settings: Settings) -> Iterator[Installation]:
    with installation(postgres_settings, BUILTIN) as built:
        yield built


def written(number: int, serial: str, name: str) -> InboundMessage:
    return InboundMessage(
        provider_id=serial,
        addresses=(Address(IdentityKind.PHONE, f"+62812555{number:04}"),),
        kind=MessageKind.TEXT,
        sent_at=now(),
        text="halo",
        name=name,
    )


def furnish(house: Installation, tally: Tally) -> None:
    """Channels, and people who wrote without a name yet: receiving changes their contacts too."""
    with house.tenant() as session:
        for number in range(CHANNELS):
            channel = channels.create_channel(
                session,
                kind="simulator",
                name=f"Phone {number}",
                own_address=f"+62811000{number}",
                values={"phone_url": "http://127.0.0.1:9/phone", "secret": "s"},
            )
            tally.reader[channel.id] = threading.Lock()
    with house.tenant() as session:
        for place, channel_id in enumerate(sorted(tally.reader)):
            first = [written(n, f"first-{n}", "") for n in range(place, PEOPLE, CHANNELS)]
            receive_all(session, session.get_one(Channel, channel_id), first)


def work(house: Installation, seed: int, tally: Tally) -> None:
    """One thread's share of the operations, each in a transaction of its own."""
    rng = random.Random(seed)
    for turn in range(OPERATIONS // THREADS):
        what = rng.choice(("merge", "merge", "unmerge", "undo", "inbound", "inbound", "inbound"))
        try:
            if what == "inbound":
                _receive(house, rng, f"{seed}-{turn}", tally)
            else:
                with house.tenant() as session:
                    _regroup(session, what, rng)
            tally.note(what)
        except Refused:
            tally.note(f"{what} refused")
        except DBAPIError as error:
            with tally.lock:
                tally.broken.append(f"{what}: {str(error.orig)[:400]}")


def _receive(house: Installation, rng: random.Random, serial: str, tally: Tally) -> None:
    """One message, or a run of them, in one transaction. Everybody writes on one channel."""
    place = rng.randrange(CHANNELS)
    channel_id = sorted(tally.reader)[place]
    items = [
        written(rng.randrange(place, PEOPLE, CHANNELS), f"{serial}-{n}", f"Name {serial} {n}")
        for n in range(rng.choice((1, 5)))
    ]
    with tally.reader[channel_id], house.tenant() as session:
        receive_all(session, session.get_one(Channel, channel_id), items)
    with tally.lock:
        tally.done["messages"] += len(items)


def _regroup(session: TenantSession, what: str, rng: random.Random) -> None:
    if what == "undo":
        events = session.scalars(select(MergeEvent.id).order_by(MergeEvent.id.desc()).limit(6))
        services.undo(session, rng.choice(list(events) or [0]))
        return
    ids = list(session.scalars(select(Customer.id)))
    if what == "merge":
        services.merge(session, rng.choice(ids), rng.sample(ids, rng.choice((1, 1, 2))))
        return
    contact = session.get_one(Contact, rng.choice(list(session.scalars(select(Contact.id)))))
    services.unmerge(session, contact.customer_id, contact.id)


def watch(house: Installation, tally: Tally, over: threading.Event) -> None:
    """Read everything again and again while the others write."""
    while not over.wait(0.05):
        with house.desk.database.system(write=False) as session:
            found = list(session.scalars(BAD))
        tally.reads += 1
        tally.bad += found


@pytest.mark.prove
def test_twelve_threads_leave_no_bad_state_and_no_deadlock(house: Installation) -> None:
    tally, over = Tally(), threading.Event()
    furnish(house, tally)
    watcher = threading.Thread(target=watch, args=(house, tally, over))
    threads = [threading.Thread(target=work, args=(house, seed, tally)) for seed in range(THREADS)]
    watcher.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    over.set()
    watcher.join()
    with house.desk.database.system(write=False) as session:
        tally.bad += list(session.scalars(BAD))
    deadlocks = [error for error in tally.broken if "deadlock" in error]
    for error in tally.broken[:5]:
        print(error)
    print(
        f"\n{OPERATIONS} operations in {THREADS} threads: {dict(tally.done)}; "
        f"{tally.reads} reads, {len(tally.bad)} bad states, {len(deadlocks)} deadlocks, "
        f"{len(tally.broken) - len(deadlocks)} other faults"
    )
    assert (tally.bad, tally.broken) == ([], [])
    with house.tenant(write=False) as session:
        assert _replayed(session) == dict(
            session.execute(select(Contact.id, Contact.customer_id)).all()
        )
        messages = session.scalars(select(Message.contact_id)).all()
        people = set(session.scalars(select(Contact.id)))
    assert len(people) == PEOPLE, "nobody was doubled, nobody was lost"
    assert set(messages) == people
    assert len(messages) == PEOPLE + tally.done["messages"], "no orphans"
    assert tally.done["merge"] > 10
    assert tally.done["unmerge"] > 5


def _replayed(session: TenantSession) -> dict[int, int]:
    at = dict(session.execute(select(Contact.id, Contact.home_id)).all())
    for event in session.scalars(select(MergeEvent).order_by(MergeEvent.id)):
        at.update({int(key): value for key, value in event.after["contacts"].items()})
    return at
