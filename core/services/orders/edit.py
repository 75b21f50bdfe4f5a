"""Corrections to an order, which tell nobody."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import delete

from core.audit import record
from core.errors import Refused
from core.models import Order, OrderLine, PaymentState
from core.services.orders.checks import Line, check_amount, check_lines, lock, total_of
from core.services.orders.create import write_lines
from core.tenancy.session import TenantSession
from core.words import say


def change_order(
    session: TenantSession,
    order: Order,
    *,
    note: str | None = None,
    total: Decimal | None = None,
    lines: Sequence[Line] | None = None,
    carrier: str | None = None,
    tracking_number: str | None = None,
) -> Order:
    """Correct an order. What is None stays; nobody is told.

    Products and total stay as they are once something is paid. A tracking number may be noted
    before Send, and corrected after it; one that was sent can't be taken away.
    """
    lock(session, order)
    changes: dict[str, tuple[Any, Any]] = {}
    if lines is not None and list(lines) != _lines_of(order):
        _must_be_unpaid(order, "lines")
        check_lines(lines)
        before = _lines_of(order)
        if total is None or (total == order.total and total == total_of(before)):
            total = total_of(lines)  # it was their sum: it still is
        session.execute(delete(OrderLine).where(OrderLine.order_id == order.id))
        write_lines(session, order, lines)
        changes["lines"] = (_spoken(before), _spoken(lines))
    if total is not None and total != order.total:
        _must_be_unpaid(order, "total")
        check_amount(total, "total")
        changes["total"], order.total = (order.total, total), total
    if note is not None and note != order.note:
        changes["note"], order.note = (order.note, note), note
    if carrier is not None and carrier.strip() != order.carrier:
        carrier = carrier.strip()[:60]
        changes["carrier"], order.carrier = (order.carrier, carrier), carrier
    if tracking_number is not None and tracking_number.strip() != order.tracking_number:
        number = tracking_number.strip()[:80]
        if not number and order.shipped_at is not None:
            raise Refused(
                say("This order was sent: it keeps a tracking number."), "tracking_number"
            )
        changes["tracking_number"] = (order.tracking_number, number)
        order.tracking_number = number
    session.flush()
    if changes:
        record(session, "change", order, changes)
        session.expire(order, ["lines"])
    return order


def _must_be_unpaid(order: Order, field: str) -> None:
    if order.payment is not PaymentState.UNPAID:
        raise Refused(say("Part of this invoice is paid: its total stays."), field)


def _lines_of(order: Order) -> list[Line]:
    return [Line(each.product, each.quantity, each.price) for each in order.lines]


def _spoken(lines: Sequence[Line]) -> str:
    """The products in one line, for the history."""
    return ", ".join(f"{line.quantity} x {line.product}" for line in lines)[:500]
