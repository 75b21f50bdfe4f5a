"""A new order: placed at once, or written down as a draft and placed later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from core.audit import record
from core.errors import Conflict, Refused
from core.events import OrderCreated, OrderEstimated, publish
from core.models import Contact, Order, OrderLine, OrderStatus
from core.models.base import now
from core.services.customers import is_erased
from core.services.orders.checks import Line, check_amount, check_lines, lock, total_of
from core.tenancy.session import TenantSession
from core.words import say


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
    is_draft: bool = False,
) -> Order:
    """A new order for an existing customer. `total` defaults to the sum of the lines.

    It is being processed from now on, and *order created* is said. A draft stays `new`, and says
    nothing before it is placed. Refused with the field; a number that is taken is a Conflict.
    """
    if number and session.scalar(select(Order.id).where(Order.number == number)) is not None:
        raise Conflict(
            say("An order %(number)s exists already: choose another number.", number=number),
            "number",
        )
    if len(number) > 60:
        raise Refused(say("An order's number has up to 60 characters."), "number")
    check_lines(lines)
    amount = total if total is not None else total_of(lines)
    check_amount(amount, "total")
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
        status=OrderStatus.NEW,
    )
    session.add(order)
    session.flush()
    if not number:
        order.number = f"{now():%Y%m}-{order.id:05d}"
    write_lines(session, order, lines)
    session.flush()
    record(session, "create", order)
    if not is_draft:
        _place(session, order)
    return order


def place(session: TenantSession, order: Order) -> Order:
    """A draft becomes an order: from now on it is being processed, and *order created* is said."""
    lock(session, order)
    if order.status is OrderStatus.PROCESSING:
        return order
    if order.status is not OrderStatus.NEW:
        raise Refused(say("Only a draft can be placed."), "status")
    _place(session, order)
    record(session, "place", order, {"status": (OrderStatus.NEW, order.status)})
    return order


def write_lines(session: TenantSession, order: Order, lines: Sequence[Line]) -> None:
    """Add the products as rows. `check_lines` looked at them."""
    session.add_all(
        OrderLine(order_id=order.id, product=i.product, quantity=i.quantity, price=i.price)
        for i in lines
    )


def _place(session: TenantSession, order: Order) -> None:
    order.status = OrderStatus.PROCESSING
    session.flush()
    about = {"order_id": order.id, "contact_id": order.contact_id, "episode": order.episode}
    publish(session, OrderCreated(**about))
    if order.estimated_date is not None:
        publish(session, OrderEstimated(**about, date=order.estimated_date.isoformat()))
