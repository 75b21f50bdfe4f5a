"""Orders and the only ways in which they move: pay, estimate, ship, receive, cancel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from core.audit import current_actor, record
from core.errors import Conflict, NotFound, Refused
from core.events import (
    OrderCancelled,
    OrderCreated,
    OrderEstimated,
    OrderPaid,
    OrderReceived,
    OrderShipped,
    publish,
)
from core.models import Contact, Order, OrderLine, OrderStatus, PaymentState
from core.models.base import now
from core.services.customers import is_erased
from core.tenancy.session import TenantSession
from core.words import say

MOST_MONEY = Decimal(10) ** 15
MOST_PIECES = 1_000_000
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Line:
    """One product of a new order; `price` is for one piece."""

    product: str
    quantity: int
    price: Decimal


def create_order(
    session: TenantSession,
    contact: Contact,
    *,
    number: str = "",
    lines: Sequence[Line] = (),
    total: Decimal | None = None,
    currency: str = "IDR",
    estimated_date: date | None = None,
    note: str = "",
    source: str = "desk",
    external_id: str | None = None,
) -> Order:
    """A new order for an existing customer. `total` defaults to the sum of the lines."""
    if number and session.scalar(select(Order.id).where(Order.number == number)) is not None:
        raise Conflict(
            say("An order %(number)s exists already: choose another number.", number=number),
            "number",
        )
    if len(number) > 60:
        raise Refused(say("An order's number has up to 60 characters."), "number")
    for line in lines:
        if not 1 <= line.quantity <= MOST_PIECES:
            raise Refused(
                say(
                    "“%(product)s” needs a quantity of 1 to %(most_pieces)s.",
                    product=line.product,
                    most_pieces=MOST_PIECES,
                ),
                "lines",
            )
        _check_amount(line.price, "lines")
    amount = total if total is not None else sum((i.price * i.quantity for i in lines), Decimal(0))
    _check_amount(amount, "total")
    if is_erased(contact):
        raise Refused(say("This customer was erased: choose another."), "contact")
    order = Order(
        number=number or f"draft-{now().timestamp()}",
        contact_id=contact.id,
        currency=currency.upper()[:3],
        total=amount,
        estimated_date=estimated_date,
        note=note,
        source=source,
        external_id=external_id,
        status=OrderStatus.PROCESSING,
    )
    session.add(order)
    session.flush()
    if not number:
        order.number = f"{now():%Y%m}-{order.id:05d}"
    session.add_all(
        OrderLine(order_id=order.id, product=i.product, quantity=i.quantity, price=i.price)
        for i in lines
    )
    session.flush()
    record(session, "create", order)
    publish(session, OrderCreated(order_id=order.id, contact_id=contact.id))
    if estimated_date is not None:
        publish(session, OrderEstimated(order_id=order.id, date=estimated_date.isoformat()))
    return order


def change_order(
    session: TenantSession, order: Order, *, note: str | None = None, total: Decimal | None = None
) -> Order:
    """Correct an order's note, or its total while nothing is paid. What is None stays."""
    if total is not None and total != order.total:
        if order.payment is not PaymentState.UNPAID:
            raise Refused(say("Part of this invoice is paid: its total stays."), "total")
        _check_amount(total, "total")
        record(session, "change", order, {"total": (order.total, total)})
        order.total = total
    if note is not None:
        order.note = note
    session.flush()
    return order


def pay(session: TenantSession, order: Order, amount: Decimal | None = None) -> Order:
    """Verify a payment: all that is open, or `amount` of it. Paid in full fires *order paid*."""
    _lock(session, order)
    _must_be_live(order)
    open_amount = order.total - order.paid
    if order.payment is PaymentState.PAID:
        return order
    amount = open_amount if amount is None else amount
    _check_amount(amount, "amount")
    if amount == 0 and order.total > 0:
        raise Refused(say("A payment needs an amount above zero."), "amount")
    if amount > open_amount:
        raise Refused(
            say(
                "Only %(open_amount)s %(currency)s is open on this invoice.",
                open_amount=open_amount,
                currency=order.currency,
            ),
            "amount",
        )
    before = order.payment
    order.paid += amount
    order.payment = PaymentState.PAID if order.paid >= order.total else PaymentState.PART
    order.verified_by_id = current_actor().user_id
    order.verified_at = now()
    session.flush()
    record(session, "pay", order, {"payment": (before, order.payment)})
    if order.payment is PaymentState.PAID:
        publish(session, OrderPaid(order_id=order.id, contact_id=order.contact_id))
    return order


def estimate(session: TenantSession, order: Order, day: date | None) -> Order:
    """Set, move or with None clear the estimated delivery date."""
    _lock(session, order)
    _must_be_live(order)
    if order.estimated_date == day:
        return order
    before = order.estimated_date
    order.estimated_date = day
    session.flush()
    record(session, "estimate", order, {"estimated_date": (before, day)})
    publish(session, OrderEstimated(order_id=order.id, date=day.isoformat() if day else ""))
    return order


def ship(session: TenantSession, order: Order, carrier: str, tracking_number: str) -> Order:
    """Send. Without a tracking number it is refused and nothing changes (B7)."""
    _lock(session, order)
    _must_be_live(order)
    if not tracking_number.strip():
        raise Refused(say("Enter the carrier's tracking number before sending."), "tracking_number")
    if order.status is OrderStatus.SHIPPED and order.tracking_number == tracking_number.strip():
        return order
    if order.status not in (OrderStatus.NEW, OrderStatus.PROCESSING):
        raise Refused(
            say("An order that is %(status)s can't be sent.", status=order.status.value), "status"
        )
    before = order.status
    order.status = OrderStatus.SHIPPED
    order.carrier = carrier.strip()[:60]
    order.tracking_number = tracking_number.strip()[:80]
    order.shipped_at = now()
    session.flush()
    record(session, "ship", order, {"status": (before, order.status)})
    publish(session, OrderShipped(order_id=order.id, contact_id=order.contact_id))
    return order


def receive_order(session: TenantSession, order: Order) -> Order:
    """Mark as received. Fires no message (B9); an event for those who watch orders."""
    _lock(session, order)
    if order.status is OrderStatus.RECEIVED:
        return order
    if order.status is not OrderStatus.SHIPPED:
        raise Refused(say("Only an order that was sent can be received."), "status")
    order.status = OrderStatus.RECEIVED
    order.received_at = now()
    session.flush()
    record(session, "receive", order, {"status": (OrderStatus.SHIPPED, order.status)})
    publish(session, OrderReceived(order_id=order.id, contact_id=order.contact_id))
    return order


def cancel(session: TenantSession, order: Order) -> Order:
    """Cancel an order that the customer doesn't have yet."""
    _lock(session, order)
    if order.status is OrderStatus.CANCELLED:
        return order
    if order.status is OrderStatus.RECEIVED:
        raise Refused(say("The customer has received this order: it can't be cancelled."), "status")
    before = order.status
    order.status = OrderStatus.CANCELLED
    order.cancelled_at = now()
    session.flush()
    record(session, "cancel", order, {"status": (before, order.status)})
    publish(session, OrderCancelled(order_id=order.id, contact_id=order.contact_id))
    return order


def get_order(session: TenantSession, order_id: Any) -> Order:
    """One of this tenant's orders, and one only: several at once are refused (B8)."""
    if isinstance(order_id, list | tuple):
        raise Refused(say("Change the status of one order at a time."), "id")
    order = session.get(Order, order_id)
    if order is None:
        raise NotFound(say("There is no such order."))
    return order


def _lock(session: TenantSession, order: Order) -> None:
    """Two clicks at once take turns: each decides on what the other left."""
    session.flush()
    # `of`: what a page loaded along by outer joins can't be locked on PostgreSQL
    session.refresh(order, with_for_update={"of": Order})


def _check_amount(amount: Decimal, field: str) -> None:
    if not amount.is_finite() or amount < 0:
        raise Refused(say("An amount can't be below zero."), field)
    if amount > MOST_MONEY:
        raise Refused(say("This amount is too large."), field)
    if amount != amount.quantize(CENT):
        raise Refused(say("An amount has at most two decimals."), field)


def _must_be_live(order: Order) -> None:
    if order.status is OrderStatus.CANCELLED:
        raise Refused(say("This order is cancelled."), "status")
