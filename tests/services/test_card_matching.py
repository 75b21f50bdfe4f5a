"""D7 to D9 as one table: which card a message goes to, in every case, by both ways of receiving.

`CASES` crosses what may be true of a sender with what the number is set to. `wanted` says what the
requirement says, in its own order and over plain data. Each case is a person of its own; the
set-based way receives all of a number's cases in one run, as production does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select

from core.inbound import (
    Address,
    IdentityKind,
    InboundMessage,
    Item,
    MessageKind,
    MessageState,
)
from core.models import (
    Card,
    Channel,
    ChannelFilter,
    Contact,
    Conversation,
    Customer,
    Direction,
    Identity,
    Message,
    Module,
    Sender,
    Task,
)
from core.services.receive import receive_safely
from core.services.receive_many.all import receive_all
from core.tenancy.session import TenantSession
from core.testing.installation import Installation

MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)


@dataclass(frozen=True)
class Kept:
    """A card that is there already. `hour` is when it was last updated."""

    title: str
    hour: int = 1
    is_open: bool = True
    is_archived: bool = False
    is_sisters: bool = False
    """It belongs to the other member of a merged customer."""


@dataclass(frozen=True)
class Line:
    """A number of ours."""

    module: str = "living"
    filter: ChannelFilter = ChannelFilter.NONE
    lists: bool = False
    """Whether the sender stands on the list of *everyone except*."""


@dataclass(frozen=True)
class Case:
    """A sender, their past, and what comes in now."""

    line: Line
    is_known: bool = True
    cards: tuple[Kept, ...] = ()
    here: tuple[str, ...] = ()
    """The cards of the messages on this number, the oldest first."""
    elsewhere: tuple[str, ...] = ()
    is_merged: bool = False
    item: str = "message"


CARDS: tuple[tuple[Kept, ...], ...] = (
    (),
    (Kept("A"),),
    (Kept("A", is_open=False),),
    (Kept("A", 1), Kept("B", 2)),
    (Kept("A", 2), Kept("B", 1)),
    (Kept("A", 1), Kept("B", 1)),  # at the same moment
    (Kept("A", 1), Kept("B", 9, is_open=False)),  # open ones first
    (Kept("A", 1, is_open=False), Kept("B", 1, is_open=False)),
    (Kept("A", 9, is_archived=True), Kept("B", 1)),
    (Kept("A", 9, is_archived=True),),
)
SISTERS: tuple[tuple[Kept, ...], ...] = (
    (Kept("A", is_sisters=True),),
    (Kept("A", 1), Kept("B", 2, is_sisters=True)),
    (Kept("A", 1, is_sisters=True), Kept("B", 1)),
)
ITEMS = ("message", "echo", "history")
LINES = (
    Line(),
    Line(module="none"),
    Line(module="archived"),
    Line(filter=ChannelFilter.KNOWN),
    Line(filter=ChannelFilter.EXCEPT, lists=True),
    Line(filter=ChannelFilter.EXCEPT),
)


def pasts(cards: tuple[Kept, ...]) -> list[dict[str, tuple[str, ...]]]:
    """No history, one on this number, one that went from card to card, one on another number."""
    titles = tuple(card.title for card in cards)
    if not titles:
        return [{}]
    first, last = titles[0], titles[-1]
    told = [{}, {"here": (first,)}, {"elsewhere": (first,)}]
    if first != last:
        told += [
            {"here": titles},
            {"here": (last, first)},
            {"here": (first,), "elsewhere": (last,)},
        ]
    return told


CASES = [
    *(Case(line, is_known=False, item=item) for line, item in product(LINES, ITEMS)),
    *(
        Case(line, cards=cards, item=item, **past)
        for line, cards, item in product(LINES[:1], CARDS, ITEMS)
        for past in pasts(cards)
    ),
    *(
        Case(line, cards=cards, is_merged=True, item=item, **past)
        for line, cards, item in product(LINES[:2], SISTERS, ITEMS[:2])
        for past in pasts(cards)
    ),
    *(
        Case(line, cards=cards, item=item)
        for line, cards, item in product(LINES[1:], CARDS[:5], ITEMS)
    ),
]


@dataclass(frozen=True)
class Outcome:
    """Where the message went: a card's title, "new" for one that was opened, "" for none."""

    card: str = ""
    is_stored: bool = True
    has_task: bool = False


def wanted(case: Case) -> Outcome:
    """The requirement, read aloud."""
    is_ignored = (case.line.filter is ChannelFilter.KNOWN and not case.is_known) or (
        case.line.filter is ChannelFilter.EXCEPT and case.line.lists
    )
    if is_ignored:  # D13
        return Outcome(is_stored=False)
    if case.item == "history":  # D14, and no card: nobody is to act on it
        return Outcome()
    found = Outcome(has_task=case.item == "message")  # D10, D15
    usable = [card for card in case.cards if not card.is_archived]
    living = [card.title for card in usable]
    if talked := [title for title in case.here if title in living]:  # D7
        return replace(found, card=talked[-1])
    if usable:  # D8; of two at one moment the one made last
        best = max(usable, key=lambda card: (card.is_open, card.hour, usable.index(card)))
        return replace(found, card=best.title)
    return replace(found, card="new" if case.line.module == "living" else "")  # D9


def phone_of(number: int) -> str:
    return f"+62812{number:07}"


def begin(session: TenantSession) -> tuple[dict[Line, int], int]:
    """A channel for each line and one elsewhere; their ids."""
    living, gone = Module(name="Sales"), Module(name="Old", archived_at=MORNING)
    session.add_all([living, gone])
    session.flush()
    modules = {"living": living.id, "archived": gone.id, "none": None}
    made = []
    for number, line in enumerate((*LINES, Line())):
        channel = Channel(
            kind="simulator",
            name=f"Line {number}",
            own_address=f"+62811000{number:04}",
            filter=line.filter,
            filter_numbers=[
                phone_of(at) for at, case in enumerate(CASES) if case.line == line and line.lists
            ],
            module_id=modules[line.module],
        )
        session.add(channel)
        made.append(channel)
    session.flush()
    return dict(zip(LINES, [channel.id for channel in made], strict=False)), made[-1].id


def prepare(session: TenantSession, channels: dict[Line, int], elsewhere: int) -> int:
    """The known senders and their past, a noun at a time; how many contacts that makes."""
    module = session.scalars(select(Module).where(Module.name == "Sales")).one()
    people = {at: case for at, case in enumerate(CASES) if case.is_known}

    def stored(rows: dict[Any, Any]) -> dict[Any, Any]:
        session.add_all(rows.values())
        session.flush()
        return rows

    homes = stored(
        {at: Customer(name=f"Case {at}", is_group=c.is_merged) for at, c in people.items()}
    )
    contacts = stored(
        {
            (at, sister): Contact(name=f"Case {at}", customer_id=homes[at].id, home_id=homes[at].id)
            for at, case in people.items()
            for sister in ((False, True) if case.is_merged else (False,))
        }
    )
    identities = stored(
        {
            at: Identity(
                contact_id=contacts[at, False].id, kind=IdentityKind.PHONE, address=phone_of(at)
            )
            for at in people
        }
    )
    cards = stored(
        {
            (at, kept.title): Card(
                title=kept.title,
                module_id=module.id,
                contact_id=contacts[at, kept.is_sisters].id,
                is_open=kept.is_open,
                archived_at=MORNING if kept.is_archived else None,
                updated_at=MORNING + timedelta(hours=kept.hour),
            )
            for at, case in people.items()
            for kept in case.cards
        }
    )
    told = {
        (at, channel_id): titles
        for at, case in people.items()
        for channel_id, titles in ((elsewhere, case.elsewhere), (channels[case.line], case.here))
        if titles
    }
    talks = stored(
        {
            (at, channel_id): Conversation(
                channel_id=channel_id,
                identity_id=identities[at].id,
                contact_id=identities[at].contact_id,
                last_at=MORNING,
            )
            for at, channel_id in told
        }
    )
    stored(
        {
            (at, channel_id, turn): message_on(talks[at, channel_id], cards[at, title], turn)
            for (at, channel_id), titles in told.items()
            for turn, title in enumerate(titles)
        }
    )
    return len(contacts)


def message_on(talk: Conversation, card: Card, turn: int) -> Message:
    """A message of long ago: theirs, then ours, then theirs …"""
    is_ours = turn % 2 == 1
    return Message(
        conversation_id=talk.id,
        channel_id=talk.channel_id,
        contact_id=talk.contact_id,
        card_id=card.id,
        provider_id=f"old-{talk.id}-{turn}",
        direction=Direction.OUT if is_ours else Direction.IN,
        sender=Sender.AGENT if is_ours else Sender.CUSTOMER,
        state=MessageState.SENT if is_ours else MessageState.RECEIVED,
        sent_at=MORNING,
        created_at=MORNING,
    )


def item_of(case: Case, number: int) -> InboundMessage:
    return InboundMessage(
        provider_id=f"new-{number}",
        addresses=(Address(IdentityKind.PHONE, phone_of(number)),),
        kind=MessageKind.TEXT,
        sent_at=MORNING + timedelta(days=1),
        text="Halo",
        is_echo=case.item == "echo",
        is_history=case.item == "history",
    )


def outcomes(session: TenantSession) -> dict[int, Outcome]:
    """What became of each case's message."""
    tasks = set(session.scalars(select(Task.contact_id)))
    titles: dict[int | None, str] = {None: ""}
    for card in session.scalars(select(Card)):
        titles[card.id] = card.title if card.title in ("A", "B") else "new"
    found = {}
    for message in session.scalars(select(Message).where(Message.provider_id.like("new-%"))):
        number = int(str(message.provider_id).removeprefix("new-"))
        card = titles[message.card_id]
        found[number] = Outcome(card=card, has_task=message.contact_id in tasks)
    return {number: found.get(number, Outcome(is_stored=False)) for number, _ in enumerate(CASES)}


def one_by_one(session: TenantSession, channel: Channel, items: list[Item]) -> None:
    for item in items:
        receive_safely(session, channel, item)


def together(session: TenantSession, channel: Channel, items: list[Item]) -> None:
    receive_all(session, channel, items, fewest=1)


@pytest.mark.parametrize("receive", [one_by_one, together])
def test_D7_D8_D9_each_message_goes_to_the_card_that_the_table_says(
    house: Installation,
    receive: Callable[[TenantSession, Channel, list[Any]], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with house.tenant() as session:
        lines, elsewhere = begin(session)
        known = prepare(session, lines, elsewhere)
    for line, channel_id in lines.items():
        items = [item_of(case, at) for at, case in enumerate(CASES) if case.line == line]
        with house.tenant() as session:
            receive(session, session.get_one(Channel, channel_id), items)
    assert caplog.text == ""  # a run that fails is received one by one, which would hide it
    with house.tenant(write=False) as session:
        found = outcomes(session)
        differing = {
            (at, case): (found[at], wanted(case))
            for at, case in enumerate(CASES)
            if found[at] != wanted(case)
        }
        assert differing == {}
        strangers = sum(wanted(case).is_stored for case in CASES if not case.is_known)
        assert len(session.scalars(select(Contact.id)).all()) == known + strangers
        opened = session.scalars(select(Card).where(Card.title.not_in(["A", "B"]))).all()
        assert len(opened) == sum(wanted(case).card == "new" for case in CASES)
        assert {(card.module.name, card.stage, card.is_open) for card in opened} == {
            ("Sales", "New", True)
        }
