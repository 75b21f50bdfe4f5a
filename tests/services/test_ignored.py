"""Filters (D13): of an ignored sender nothing is stored but a counter."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import String, cast, select

from core.inbound import AddressChanged, BadItem, InboundEdit, InboundReaction
from core.models import Channel, ChannelCount, ChannelFilter, Contact, Message
from core.models.base import now
from core.services import inbox_store
from core.services.customers import create_customer
from core.testing.installation import CloudLine, Installation
from core.testing.providers.whatsapp_cloud_bodies import echo, text
from core.testing.tables import tables_of
from tests.services.test_receive import DEWI, bsuid, phone, take, written

STRANGER = "6287770001112"
SECRET = "nobody may keep this"


def set_filter(house: Installation, line: CloudLine, kind: ChannelFilter, *numbers: str) -> None:
    with house.tenant() as session:
        channel = line.channel(session)
        channel.filter, channel.filter_numbers = kind, list(numbers)


def dump(house: Installation) -> str:
    """Every value of every table, as text."""
    with house.desk.database.system(write=False) as session:
        found: list[Any] = []
        for table in tables_of(house.desk):
            columns = [cast(column, String) for column in table.columns]
            found += [tuple(row) for row in session.execute(select(*columns))]
    return repr(found)


def deliver(house: Installation, line: CloudLine, body: Any) -> None:
    """Through the raw inbox, as a webhook does."""
    with house.desk.database.system() as session:
        channel = session.get_one(Channel, line.channel_id)
        inbox_store.store(session, channel, json.dumps(body).encode())
    house.work()


def counted(house: Installation) -> dict[str, int]:
    with house.tenant(write=False) as session:
        return {row.what: row.count for row in session.scalars(select(ChannelCount))}


def test_D13_known_only_keeps_nothing_of_a_stranger(house: Installation, line: CloudLine) -> None:
    set_filter(house, line, ChannelFilter.KNOWN)
    numbers = line.meta.numbers
    broken = {**text(STRANGER, SECRET), "timestamp": [SECRET]}
    deliver(
        house,
        line,
        numbers.body(
            numbers.messages(text(STRANGER, SECRET), broken, names={STRANGER: "Stranger Name"}),
            numbers.echoes(echo(numbers.display_phone_number, STRANGER, SECRET)),
        ),
    )
    kept = dump(house)
    for trace in (STRANGER, SECRET, "Stranger Name"):
        assert trace not in kept
    assert counted(house) == {"filtered": 2, "unreadable": 1}


def test_D13_an_item_that_the_database_refuses_leaves_nothing_either(
    house: Installation, line: CloudLine
) -> None:
    with house.tenant() as session:
        create_customer(session, name="Dewi", phone=DEWI.value)
    set_filter(house, line, ChannelFilter.KNOWN)
    said = text(DEWI.value.removeprefix("+"), SECRET, id="w" * 250)
    deliver(house, line, line.messages(said))
    assert SECRET not in dump(house)
    assert counted(house) == {"unreadable": 1}


def test_D13_known_only_keeps_existing_contacts(house: Installation, line: CloudLine) -> None:
    with house.tenant() as session:
        create_customer(session, name="Dewi", phone=DEWI.value)
    set_filter(house, line, ChannelFilter.KNOWN)
    take(house, line, written())
    with house.tenant() as session:
        assert session.scalars(select(Message.body)).all() == ["Halo"]


@pytest.mark.parametrize(
    ("listed", "sends"),
    [
        ("+6281234567890", "+6281234567890"),
        ("+5511987654321", "+551187654321"),  # the same line in WhatsApp's spelling
        ("+525512345678", "+5215512345678"),
    ],
)
def test_D13_everyone_except_ignores_the_listed(
    house: Installation, line: CloudLine, listed: str, sends: str
) -> None:
    set_filter(house, line, ChannelFilter.EXCEPT, listed)
    take(house, line, written(phone(sends)), written(phone(sends), is_echo=True))
    take(house, line, written(phone("+6280000000001")))
    with house.tenant() as session:
        assert session.scalars(select(Contact.phone)).all() == ["+6280000000001"]
    assert counted(house) == {"filtered": 2}


def test_D13_a_listed_person_is_ignored_under_a_username_too(
    house: Installation, line: CloudLine
) -> None:
    first = written(DEWI, bsuid("ID.abc"), text="from before the list")
    take(house, line, first)
    set_filter(house, line, ChannelFilter.EXCEPT, DEWI.value)
    take(
        house,
        line,
        written(bsuid("ID.abc"), text=SECRET),
        InboundEdit(first.provider_id, now(), SECRET),
        InboundReaction("r", first.provider_id, "👍", (bsuid("ID.abc"),), now()),
        BadItem("broken", SECRET),
    )
    with house.tenant() as session:
        message = session.scalars(select(Message)).one()
        assert (message.body, message.reactions) == ("from before the list", {})
    assert SECRET not in dump(house)
    assert counted(house) == {"filtered": 3, "unreadable": 1}


def test_D13_a_listed_person_who_changes_numbers_stays_ignored(
    house: Installation, line: CloudLine
) -> None:
    take(house, line, written())
    set_filter(house, line, ChannelFilter.EXCEPT, DEWI.value)
    new = phone("+6289999999999")
    take(house, line, AddressChanged(DEWI, new, now()), written(new, text=SECRET))
    assert SECRET not in dump(house)
