"""Orders move by their operations only (B3 to B9, as far as the core has them)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from core.audit import Actor, acting_as
from core.config import Settings
from core.errors import Conflict, Refused
from core.models import AuditEntry, Contact, Job, Order, OrderLine, OrderStatus, PaymentState
from core.services import orders
from core.services.customers import create_customer
from core.services.erase import erase_customer
from core.services.history import history_of
from core.tenancy.session import TenantSession
from core.testing.installation import Installation, installation
from plugins import BUILTIN


@pytest.fixture
def house(settings: Settings) -> Iterator[Installation]:
    """With a plugin that listens: each event that is published is a job of its own."""
    with installation(settings, (*BUILTIN, "tests.services.listening")) as built:
        yield built


@pytest.fixture
def session(house: Installation) -> Iterator[TenantSession]:
    with house.tenant() as opened:
        yield opened


def told(session: TenantSession, field: str = "") -> list[str]:
    """The events about orders so far, or one field of each."""
    session.flush()
    jobs = session.scalars(
        select(Job).where(Job.tenant_id == session.tenant_id).order_by(Job.id)
    ).all()
    if field:
        return [job.payload[field] for job in jobs if field in job.payload]
    return [job.actor.removeprefix("listening.on_") for job in jobs]


@pytest.fixture
def contact(session: TenantSession) -> Contact:
    return create_customer(session, name="Dewi", phone="0821 1234 5678").contacts[0]


@pytest.fixture
def order(session: TenantSession, contact: Contact) -> Order:
    return orders.create_order(session, contact, total=Decimal(100))


def test_B3_a_new_order_is_being_processed(session: TenantSession, contact: Contact) -> None:
    lines = [orders.Line("Soap", 3, Decimal("12.50")), orders.Line("Oil", 1, Decimal(5))]
    order = orders.create_order(session, contact, lines=lines)
    assert (order.status, order.total) == (OrderStatus.PROCESSING, Decimal("42.50"))
    assert order.number
    assert told(session) == ["order_created"]


def test_B4_an_estimated_date_while_creating_fires_it_too(
    session: TenantSession, contact: Contact
) -> None:
    order = orders.create_order(session, contact, estimated_date=date(2026, 12, 24))
    assert told(session) == ["order_created", "order_estimated"]
    orders.estimate(session, order, date(2026, 12, 24))
    orders.estimate(session, order, date(2026, 12, 25))
    orders.estimate(session, order, None)
    assert told(session, "date") == [
        "2026-12-24",
        "2026-12-25",
        "",
    ]


def test_B5_only_the_whole_payment_fires_paid(session: TenantSession, order: Order) -> None:
    orders.pay(session, order, Decimal("99.99"))
    assert (order.payment, told(session)) == (PaymentState.PART, ["order_created"])
    orders.pay(session, order)
    assert (order.payment, order.paid) == (PaymentState.PAID, Decimal(100))
    orders.pay(session, order)
    assert told(session) == ["order_created", "order_paid"]
    assert order.verified_at is not None


@pytest.mark.parametrize("amount", ["0", "-1", "100.01", "0.001", "NaN", "Infinity", "1e30"])
def test_B5_an_impossible_payment_is_refused(
    session: TenantSession, order: Order, amount: str
) -> None:
    with pytest.raises(Refused) as refused:
        orders.pay(session, order, Decimal(amount))
    assert refused.value.field == "amount"
    assert (order.paid, order.payment) == (Decimal(0), PaymentState.UNPAID)


def test_B6_sending_keeps_carrier_and_number(session: TenantSession, order: Order) -> None:
    for _ in range(2):
        orders.ship(session, order, "JNE", " JNE-1 ")
    assert (order.status, order.carrier, order.tracking_number) == (
        OrderStatus.SHIPPED,
        "JNE",
        "JNE-1",
    )
    assert told(session) == ["order_created", "order_shipped"]


@pytest.mark.parametrize("number", ["", "   "])
def test_B7_without_a_tracking_number_nothing_changes(
    session: TenantSession, order: Order, number: str
) -> None:
    with pytest.raises(Refused) as refused:
        orders.ship(session, order, "JNE", number)
    assert refused.value.field == "tracking_number"
    assert (order.status, told(session)) == (OrderStatus.PROCESSING, ["order_created"])


def test_B8_several_orders_at_once_are_refused(session: TenantSession, order: Order) -> None:
    with pytest.raises(Refused, match="one order at a time"):
        orders.get_order(session, [order.id, order.id])


def test_B9_received_comes_after_sent_and_once(session: TenantSession, order: Order) -> None:
    with pytest.raises(Refused):
        orders.receive_order(session, order)
    orders.ship(session, order, "JNE", "JNE-1")
    orders.receive_order(session, order)
    orders.receive_order(session, order)
    assert told(session) == ["order_created", "order_shipped", "order_received"]
    with pytest.raises(Refused):
        orders.cancel(session, order)


def test_a_cancelled_order_moves_no_more(session: TenantSession, order: Order) -> None:
    orders.cancel(session, order)
    orders.cancel(session, order)
    for move in (
        lambda: orders.pay(session, order),
        lambda: orders.ship(session, order, "JNE", "JNE-1"),
        lambda: orders.estimate(session, order, date(2026, 12, 24)),
        lambda: orders.receive_order(session, order),
    ):
        with pytest.raises(Refused):
            move()
    assert order.status is OrderStatus.CANCELLED


def test_a_number_is_taken_once(session: TenantSession, contact: Contact) -> None:
    orders.create_order(session, contact, number="A-1")
    with pytest.raises(Conflict) as refused:
        orders.create_order(session, contact, number="A-1")
    assert refused.value.field == "number"


@pytest.mark.parametrize(
    "line",
    [
        orders.Line("Soap", 0, Decimal(1)),
        orders.Line("Soap", 10**9, Decimal(1)),
        orders.Line("Soap", 1, Decimal(-1)),
        orders.Line("Soap", 1, Decimal("1e20")),
    ],
)
def test_impossible_lines_are_refused(
    session: TenantSession, contact: Contact, line: orders.Line
) -> None:
    with pytest.raises(Refused) as refused:
        orders.create_order(session, contact, lines=[line])
    assert refused.value.field == "lines"
    assert session.scalars(select(Order)).all() == []


def test_a_paid_invoice_keeps_its_total(session: TenantSession, order: Order) -> None:
    orders.pay(session, order, Decimal(1))
    with pytest.raises(Refused):
        orders.change_order(session, order, total=Decimal(1))
    assert order.total == Decimal(100)


def test_an_erased_customer_orders_nothing(session: TenantSession, contact: Contact) -> None:
    erase_customer(session, contact.customer)
    with pytest.raises(Refused) as refused:
        orders.create_order(session, contact)
    assert refused.value.field == "contact"


def test_F10_every_move_is_in_the_audit_trail(session: TenantSession, order: Order) -> None:
    orders.pay(session, order)
    orders.ship(session, order, "JNE", "JNE-1")
    orders.receive_order(session, order)
    told_of = select(AuditEntry).where(AuditEntry.noun == "order").order_by(AuditEntry.id)
    actions = [entry.action for entry in session.scalars(told_of)]
    assert actions == ["create", "pay", "ship", "receive"]


def test_a_draft_is_told_to_nobody_before_it_is_placed(
    session: TenantSession, contact: Contact
) -> None:
    day = date(2026, 12, 24)
    draft = orders.create_order(session, contact, total=Decimal(5), is_draft=True)
    orders.estimate(session, draft, day)
    assert (draft.status, told(session)) == (OrderStatus.NEW, [])
    for early in (
        lambda: orders.pay(session, draft),
        lambda: orders.ship(session, draft, "JNE", "1"),
    ):
        with pytest.raises(Refused, match="draft"):
            early()
    for _ in range(2):
        orders.place(session, draft)
    assert draft.status is OrderStatus.PROCESSING
    assert told(session) == ["order_created", "order_estimated"]


def test_B12_a_reversed_payment_begins_a_new_episode(session: TenantSession, order: Order) -> None:
    orders.pay(session, order)
    orders.reverse(session, order, Decimal(40), "Wrong transfer")
    assert (order.paid, order.payment, order.episode) == (Decimal(60), PaymentState.PART, 2)
    orders.reverse(session, order)
    assert (order.paid, order.payment, order.episode) == (0, PaymentState.UNPAID, 3)
    assert order.verified_at is None
    with pytest.raises(Refused, match="Nothing is paid"):
        orders.reverse(session, order)
    orders.pay(session, order)
    assert told(session) == [
        "order_created",
        "order_paid",
        "order_payment_reversed",
        "order_payment_reversed",
        "order_paid",
    ]
    assert told(session, "episode") == [1, 1, 2, 3, 3]


@pytest.mark.parametrize("amount", ["0", "-1", "100.01", "NaN"])
def test_more_than_was_paid_is_not_taken_back(
    session: TenantSession, order: Order, amount: str
) -> None:
    orders.pay(session, order)
    with pytest.raises(Refused) as refused:
        orders.reverse(session, order, Decimal(amount))
    assert (refused.value.field, order.episode) == ("amount", 1)


@pytest.mark.parametrize("end", ["cancelled", "received"])
def test_B12_a_reopened_order_begins_a_new_episode(
    session: TenantSession, contact: Contact, end: str
) -> None:
    order = orders.create_order(session, contact, estimated_date=date(2026, 12, 24))
    with pytest.raises(Refused, match="reopened"):
        orders.reopen(session, order)
    if end == "cancelled":
        orders.cancel(session, order)
    else:
        orders.ship(session, order, "JNE", "JNE-1")
        orders.receive_order(session, order)
    so_far = len(told(session))
    orders.reopen(session, order)
    assert (order.status, order.episode) == (OrderStatus.PROCESSING, 2)
    assert told(session)[so_far:] == ["order_reopened", "order_estimated"]
    with pytest.raises(Refused) as refused:
        orders.ship(session, order)
    assert refused.value.field == "tracking_number"  # the first parcel's number is not the second's
    orders.ship(session, order, "JNE", "JNE-2")
    assert told(session, "episode")[-1] == 2


def test_B7_a_tracking_number_may_be_saved_before_send(
    session: TenantSession, order: Order
) -> None:
    orders.change_order(session, order, carrier="JNE", tracking_number=" JNE-7 ")
    assert (order.status, told(session)) == (OrderStatus.PROCESSING, ["order_created"])
    orders.ship(session, order)
    assert (order.status, order.carrier, order.tracking_number) == (
        OrderStatus.SHIPPED,
        "JNE",
        "JNE-7",
    )
    orders.change_order(session, order, tracking_number="JNE-8")
    with pytest.raises(Refused) as refused:
        orders.change_order(session, order, tracking_number="")
    assert (refused.value.field, order.tracking_number) == ("tracking_number", "JNE-8")
    assert told(session) == ["order_created", "order_shipped"]


def test_products_are_corrected_until_something_is_paid(
    session: TenantSession, contact: Contact
) -> None:
    soap = orders.Line("Soap", 3, Decimal("12.50"))
    order = orders.create_order(session, contact, lines=[soap])
    orders.change_order(session, order, lines=[soap, orders.Line("Oil", 1, Decimal(5))])
    assert (order.total, [line.product for line in order.lines]) == (
        Decimal("42.50"),
        ["Soap", "Oil"],
    )
    orders.pay(session, order, Decimal(1))
    orders.change_order(session, order, lines=[*(_line(each) for each in order.lines)])
    with pytest.raises(Refused) as refused:
        orders.change_order(session, order, lines=[soap])
    assert refused.value.field == "lines"
    assert len(order.lines) == 2


def _line(row: OrderLine) -> orders.Line:
    return orders.Line(row.product, row.quantity, row.price)


def test_F10_the_history_says_what_was_paid_and_by_whom(
    session: TenantSession, order: Order
) -> None:
    with acting_as(Actor("Rina")):
        orders.pay(session, order, Decimal(30))
    session.flush()
    last, first = history_of(session, order)
    assert (last.action, last.actor, last.changes["paid"]) == ("pay", "Rina", ["0.00", "30.00"])
    assert first.action == "create"


def test_what_was_typed_about_an_erased_customer_leaves_the_history(
    session: TenantSession, contact: Contact, order: Order
) -> None:
    orders.pay(session, order)
    orders.reverse(session, order, reason="Dewi moved to Bali")
    orders.change_order(session, order, note="Call Dewi first")
    erase_customer(session, contact.customer)
    entries = [entry.changes for entry in history_of(session, order)]
    assert "Dewi" not in str(entries)
    assert ["100.00", "0.00"] in [changes.get("paid") for changes in entries]
