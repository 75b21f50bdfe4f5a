"""Cards on the board: their order within a stage, moving, paging, counts and what each shows."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal

import pytest
from sqlalchemy import event, select

from core.errors import Refused, Stale
from core.models import AuditEntry, Card, Contact, Customer, Module
from core.models.pipeline import newest_place
from core.services import board, card_places
from core.services.board import Shelf, Wanted
from core.services.card_places import move_card
from core.services.cards import open_card
from core.services.customers import create_customer
from core.tenancy.bulk import insert_rows
from core.tenancy.session import TenantSession
from core.testing.installation import CloudLine, Installation
from tests.services.test_receive import phone, take, written

STAGES = ["New", "Talking", "Won"]


def begin(session: TenantSession, titles: Sequence[str]) -> Module:
    """A module whose first stage holds cards of these titles, the first on top."""
    module = Module(name="Workshop", stages=STAGES)
    session.add(module)
    session.flush()
    contact = create_customer(session, name="Dewi").contacts[0]
    for title in reversed(titles):
        open_card(session, module, contact).title = title
    session.flush()
    return module


def named(session: TenantSession, title: str) -> Card:
    return session.scalars(select(Card).where(Card.title == title)).one()


def standing(session: TenantSession, module: Module, stage: str) -> str:
    """The titles of a column from above, page after page."""
    wanted, told, after = Wanted(module, shelf=Shelf.ALL), "", None
    while True:
        page = board.column(session, wanted, stage, after=after)
        told += "".join(face.card.title for face in page.faces)
        if page.after is None:
            return told
        after = board.Key.parse(str(page.after))


def test_a_card_stands_where_it_is_put(house: Installation) -> None:
    with house.tenant() as session:
        module = begin(session, "ABCD")
        assert standing(session, module, "New") == "ABCD"
        d, c, b, a = (named(session, title) for title in "DCBA")
        move_card(session, d, "New", before=b)
        assert standing(session, module, "New") == "ADBC"
        move_card(session, d, "New", before=a)
        assert standing(session, module, "New") == "DABC"
        move_card(session, d, "New", after=a)
        assert standing(session, module, "New") == "ADBC"
        move_card(session, a, "New")
        assert standing(session, module, "New") == "DBCA"
        move_card(session, c, "Won")
        move_card(session, b, "Won", before=c)
        assert (standing(session, module, "New"), standing(session, module, "Won")) == ("DA", "BC")
        open_card(session, module, d.contact).title = "E"
        session.flush()
        assert standing(session, module, "New") == "EDA"  # the newest on top, also after moves


def test_any_number_of_moves_into_one_gap_keeps_the_order(house: Installation) -> None:
    chance = random.Random(7)
    with house.tenant() as session:
        module = begin(session, "ABCDEF")
        expected = list("ABCDEF")
        for _ in range(80):  # far more than twenty: halves of a second run out of room
            moving, before = chance.sample(expected[-4:], 2)
            expected.remove(moving)
            expected.insert(expected.index(before), moving)
            move_card(session, named(session, moving), "New", before=named(session, before))
        assert standing(session, module, "New") == "".join(expected)


def test_cards_at_one_place_are_told_apart(house: Installation) -> None:
    with house.tenant() as session:
        module = begin(session, "ABC")
        place = newest_place()
        for card in session.scalars(select(Card)):
            card.place = place
        session.flush()
        first, second, third = standing(session, module, "New")
        move_card(session, named(session, third), "New", before=named(session, second))
        assert standing(session, module, "New") == first + third + second


def test_a_move_is_news_only_when_the_stage_changes(house: Installation) -> None:
    with house.tenant() as session:
        begin(session, "AB")
        card = named(session, "A")
        was = card.updated_at
        move_card(session, card, "New")
        assert card.updated_at == was
        move_card(session, card, "Won")
        assert card.updated_at > was
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "move")).one()
        assert entry.changes == {"stage": ["New", "Won"]}


def test_a_move_that_cannot_be_is_refused_and_changes_nothing(house: Installation) -> None:
    with house.tenant() as session:
        module = begin(session, "ABC")
        a, b, c = (named(session, title) for title in "ABC")
        with pytest.raises(Refused, match="Workshop has these stages: New, Talking, Won"):
            move_card(session, a, "Lost")
        move_card(session, b, "Won")
        with pytest.raises(Stale, match="“B” is no longer there"):
            move_card(session, a, "New", before=b)
        with pytest.raises(Refused, match="beside itself"):
            move_card(session, c, "New", after=c)
        assert standing(session, module, "New") == "AC"


def test_counts_sums_and_filters_of_a_column(house: Installation) -> None:
    with house.tenant() as session:
        module = begin(session, "ABCDE")
        for title, amount, currency in (
            ("A", "10.50", "IDR"),
            ("B", "5", "IDR"),
            ("C", "7", "RON"),
        ):
            named(session, title).amount = Decimal(amount)
            named(session, title).currency = currency
        named(session, "D").is_open = False
        session.flush()
        total = board.totals(session, Wanted(module))["New"]
        assert (total.count, total.sums) == (4, {"IDR": Decimal("15.50"), "RON": Decimal(7)})
        assert board.totals(session, Wanted(module, shelf=Shelf.ALL))["New"].count == 5
        assert board.totals(session, Wanted(module, text="e"))["New"].count == 1
        assert board.totals(session, Wanted(module, text="dewi"))["New"].count == 4
        assert board.totals(session, Wanted(module, text="%")) == {}
        assert board.totals(session, Wanted(module, member_id=1)) == {}


def test_cards_of_a_stage_that_is_gone_are_shown_behind_the_others(house: Installation) -> None:
    with house.tenant() as session:
        module = begin(session, "AB")
        module.stages = ["Lead", "Won"]
        found = board.columns(session, Wanted(module))
        assert [(c.stage, c.is_stage, c.total.count) for c in found] == [
            ("Lead", True, 0),
            ("Won", True, 0),
            ("New", False, 2),
        ]


def test_a_column_of_two_thousand_is_read_a_page_at_a_time(house: Installation) -> None:
    with house.tenant() as session:
        module = begin(session, "A")
        contact = session.scalars(select(Contact)).one()
        insert_rows(
            session,
            Card,
            [
                {"title": f"{n:04}", "module_id": module.id, "contact_id": contact.id, "place": n}
                for n in range(2000)
            ],
        )
        statements: list[str] = []
        bind = session.get_bind()
        event.listen(bind, "before_cursor_execute", lambda *told: statements.append(told[2]))
        found = board.columns(session, Wanted(module))
        assert [(len(c.faces), c.total.count) for c in found] == [(30, 2001), (0, 0), (0, 0)]
        assert len(statements) <= 12
        told = standing(session, module, "New")
        assert told == "A" + "".join(f"{n:04}" for n in range(2000))


def test_D8_a_card_shows_its_present_customers_messages_alone(
    house: Installation, line: CloudLine
) -> None:
    other = phone("+6289876543210")
    take(house, line, written(text="first"), written(other, text="second"))
    with house.tenant() as session:
        ours, theirs = session.scalars(select(Card).order_by(Card.id)).all()
        group = Customer(is_group=True)
        session.add(group)
        session.flush()
        theirs.contact.customer_id = ours.contact.customer_id = group.id
        session.flush()
        theirs.archived_at = theirs.updated_at
    take(house, line, written(other, text="as one of the group"))
    with house.tenant() as session:
        card = session.scalars(select(Card).order_by(Card.id)).first()
        assert card is not None
        [face] = board.faces(session, [card])
        assert face.last is not None
        assert face.last.body == "as one of the group"
        assert face.task is not None
        texts = [message.body for message in board.messages_of(session, card, 10)]
        assert texts == ["first", "as one of the group"]
        sister = session.scalars(select(Contact).where(Contact.phone == other.value)).one()
        sister.customer_id = sister.home_id  # apart again
        session.flush()
        [face] = board.faces(session, [card])
        assert face.last is not None
        assert face.last.body == "first"
        texts = [message.body for message in board.messages_of(session, card, 10)]
        assert texts == ["first"]
        assert card_places.get_card(session, card.id) is card
