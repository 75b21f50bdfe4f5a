"""Runs of common items: few statements, a bad item alone, others who write the same meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, text

from core.config import Settings
from core.inbound import (
    Address,
    IdentityKind,
    InboundMessage,
    InboundStatus,
    MessageKind,
    MessageState,
)
from core.models import (
    BadInboundItem,
    Card,
    Channel,
    Contact,
    Conversation,
    Customer,
    Identity,
    Message,
    Task,
)
from core.services import customers, inbox
from core.services.receive_many.all import receive_all
from core.tenancy.statistics import NAME
from core.testing.installation import CloudLine, Installation, installation
from plugins import BUILTIN

MONDAY = datetime(2026, 1, 5, 8, tzinfo=UTC)
WAIT = 60.0


def number(n: int) -> str:
    return f"+62812{n:08}"


def written(n: int, person: int, **more: Any) -> InboundMessage:
    values: dict[str, Any] = {
        "provider_id": f"m{n}",
        "addresses": (Address(IdentityKind.PHONE, number(person)),),
        "kind": MessageKind.TEXT,
        "sent_at": MONDAY + timedelta(minutes=n),
        "text": f"Halo {n}",
        **more,
    }
    return InboundMessage(**values)


def take(house: Installation, channel_id: int, items: list[Any]) -> None:
    with house.tenant() as session:
        receive_all(session, session.get_one(Channel, channel_id), items)


def how_many(house: Installation, noun: type[Any]) -> int:
    with house.tenant(write=False) as session:
        return session.scalar(select(func.count()).select_from(noun)) or 0


@contextmanager
def counted(house: Installation) -> Iterator[list[str]]:
    """The statements that the tenant's engine executes, but for a look at what has grown, now and
    then."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if NAME not in statement:
            seen.append(statement)

    engine = house.desk.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def day(first: int, people: int) -> list[Any]:
    """Everybody writes twice, is answered from the phone, and that is read."""
    items: list[Any] = []
    for n in range(first, first + people):
        items.append(written(4 * n, n))
        items.append(written(4 * n + 1, n))
        items.append(written(4 * n + 2, n, is_echo=True))
        items.append(InboundStatus(f"m{4 * n + 2}", MessageState.READ, MONDAY))
    return items


def test_four_times_the_items_take_no_more_statements(
    house: Installation, line: CloudLine, caplog: pytest.LogCaptureFixture
) -> None:
    take(house, line.channel_id, day(0, 5))
    with counted(house) as few:
        take(house, line.channel_id, day(100, 10))
    with counted(house) as many:
        take(house, line.channel_id, day(200, 40))
    assert how_many(house, Message) == 3 * 55
    assert len(many) <= len(few) <= 45
    assert "halves" not in caplog.text


@pytest.mark.parametrize("place", [0, 7, 19])
def test_a_bad_item_in_a_run_fails_alone(house: Installation, line: CloudLine, place: int) -> None:
    items = [written(n, n % 5) for n in range(20)]
    items.insert(place, written(99, 2, text="half a pair: \ud800"))
    take(house, line.channel_id, items)
    assert how_many(house, Message) == 20
    assert how_many(house, BadInboundItem) == 1
    with house.tenant(write=False) as session:
        unread = session.scalars(select(Conversation.unread)).all()
        assert sorted(unread) == [4] * 5


def test_a_bad_run_leaves_nothing_of_its_first_attempt(
    house: Installation, line: CloudLine
) -> None:
    bad = written(99, 3, text="half a pair: \ud800")
    take(house, line.channel_id, [written(1, 1), written(2, 2), bad, written(4, 1)])
    assert how_many(house, Contact) == 2
    assert how_many(house, Task) == 2


def test_what_others_write_at_that_moment_is_found_and_not_doubled(
    postgres_settings: Settings,
) -> None:
    with installation(postgres_settings, BUILTIN) as house, house.cloud() as line:
        with house.tenant() as session:
            customers.create_customer(session, name="Dewi", phone=number(3))
            # not committed yet: the run meets it when it writes the same address
            run = threading.Thread(
                target=take, args=(house, line.channel_id, [written(n, n) for n in range(8)])
            )
            run.start()
            wait_for_lock(house)
        run.join(WAIT)
        assert not run.is_alive()
        assert how_many(house, Contact) == 8
        assert how_many(house, Message) == 8
        with house.tenant(write=False) as session:
            dewi = session.scalars(select(Identity).where(Identity.address == number(3))).one()
            assert dewi.contact.name == "Dewi"


def test_two_channels_that_meet_the_same_strangers_make_each_once(house: Installation) -> None:
    with house.cloud() as one, house.cloud() as other:
        people = list(range(40))
        streams = {
            one.channel_id: [written(n, person) for n, person in enumerate(people)],
            other.channel_id: [written(n, person) for n, person in enumerate(reversed(people))],
        }
        runs = [threading.Thread(target=take, args=(house, *each)) for each in streams.items()]
        for run in runs:
            run.start()
        for run in runs:
            run.join(WAIT)
        assert how_many(house, Contact) == 40
        assert how_many(house, Message) == 80


def wait_for_lock(house: Installation) -> None:
    """Until a transaction of this database waits for another."""
    waiting = text("select count(*) from pg_locks where not granted")
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline:
        with house.desk.database.system(write=False) as session:
            if session.scalar(waiting):
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits")


@pytest.mark.parametrize(
    ("done", "seconds", "more"),
    [
        (25, 0.25, 25),
        (25, 0.01, inbox.MOST_TOGETHER),
        (25, 0.6, 0),
        (25, 0.49, 0),
    ],
)
def test_a_transaction_takes_what_fits_into_its_time(done: int, seconds: float, more: int) -> None:
    assert inbox._next(done, seconds) == more


BRAZIL = ("+5511987654321", "+551187654321")  # one line, written twice


def from_number(n: int, phone: str, **more: Any) -> InboundMessage:
    return written(n, 0, addresses=(Address(IdentityKind.PHONE, phone),), **more)


def test_an_address_that_a_conversation_left_in_the_run_may_begin_another(
    house: Installation, line: CloudLine, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = BRAZIL
    take(house, line.channel_id, [from_number(1, first)])
    # the conversation goes on at the second spelling; the first one then has none
    others = [written(n, n) for n in range(4, 9)]
    take(house, line.channel_id, [from_number(2, second), from_number(3, first), *others])
    with house.tenant(write=False) as session:
        rows = session.execute(
            select(Message.provider_id, Identity.address)
            .join(Conversation, Conversation.id == Message.conversation_id)
            .join(Identity, Identity.id == Conversation.identity_id)
            .where(Message.provider_id.in_(("m1", "m2", "m3")))
            .order_by(Message.id)
        ).all()
    assert [tuple(row) for row in rows] == [("m1", second), ("m2", second), ("m3", first)]
    assert "halves" not in caplog.text


def test_a_number_and_a_user_name_in_turn_go_on_in_one_conversation(
    house: Installation, line: CloudLine, caplog: pytest.LogCaptureFixture
) -> None:
    phone = Address(IdentityKind.PHONE, number(1))
    user = Address(IdentityKind.BSUID, "ID.1")
    take(house, line.channel_id, [written(1, 1, addresses=(phone, user))])
    turns = [(user,), (phone,), (user, phone), (phone, user), (phone,)]
    items = [written(n, 1, addresses=turn) for n, turn in enumerate(turns, 2)]
    with counted(house) as statements:
        take(house, line.channel_id, items)
    assert how_many(house, Conversation) == 1
    assert "halves" not in caplog.text
    inserts = [each for each in statements if each.startswith("INSERT INTO message ")]
    assert len(inserts) == 1  # in one run


@pytest.mark.parametrize("last", [0, 1])
def test_D8_another_channel_goes_on_with_the_card_that_a_run_touched_last(
    house: Installation, last: int
) -> None:
    with house.cloud() as one, house.cloud() as other:
        take(house, one.channel_id, [written(n, n % 2) for n in range(4)])
        take(house, one.channel_id, [written(n, (n + last + 1) % 2) for n in range(4, 8)])
        with house.tenant() as session:
            people = session.scalars(select(Contact).order_by(Contact.id)).all()
            group = Customer(is_group=True, name="Dewi")
            session.add(group)
            session.flush()
            for person in people:
                person.customer_id = group.id
            touched = session.scalars(
                select(Card.id).where(Card.contact_id == people[last].id)
            ).one()
        take(house, other.channel_id, [written(n, 0) for n in range(8, 12)])
        with house.tenant(write=False) as session:
            found = select(Message.card_id).where(Message.channel_id == other.channel_id)
            assert set(session.scalars(found)) == {touched}
