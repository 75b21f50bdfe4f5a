"""What every move of an order asks first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.errors import NotFound, Refused
from core.models import Order, OrderStatus
from core.tenancy.session import TenantSession
from core.words import say

MOST_MONEY = Decimal(10) ** 15
MOST_PIECES = 1_000_000
MOST_LINES = 200
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Line:
    """One product of an order; `price` is for one piece."""

    product: str
    quantity: int
    price: Decimal


def one_at_a_time() -> Refused:
    """Why several orders are not moved at once: each move tells its own customer something (B8)."""
    return Refused(
        say(
            "Change the status of one order at a time: each change tells its own customer "
            "something."
        ),
        "id",
    )


def get_order(session: TenantSession, order_id: Any) -> Order:
    """One of this tenant's orders, and one only: several at once are refused (B8)."""
    if isinstance(order_id, list | tuple):
        raise one_at_a_time()
    order = session.get(Order, order_id)
    if order is None:
        raise NotFound(say("There is no such order."))
    return order


def lock(session: TenantSession, order: Order) -> None:
    """Two clicks at once take turns: each decides on what the other left."""
    session.flush()
    # `of`: what a page loaded along by outer joins can't be locked on PostgreSQL
    session.refresh(order, with_for_update={"of": Order})


def must_be_live(order: Order) -> None:
    """Refused for a cancelled order."""
    if order.status is OrderStatus.CANCELLED:
        raise Refused(say("This order is cancelled."), "status")


def must_be_placed(order: Order) -> None:
    """Refused for a draft, of which nobody was told yet."""
    if order.status is OrderStatus.NEW:
        raise Refused(say("This order is a draft: place it first."), "status")


def check_amount(amount: Decimal, field: str) -> None:
    """Refused with the field: below zero, endless, too large, more than two decimals."""
    if not amount.is_finite() or amount < 0:
        raise Refused(say("An amount can't be below zero."), field)
    if amount > MOST_MONEY:
        raise Refused(say("This amount is too large."), field)
    if amount != amount.quantize(CENT):
        raise Refused(say("An amount has at most two decimals."), field)


def check_lines(lines: Sequence[Line]) -> None:
    """Refused, field `lines`: no name, an impossible quantity or price, too many."""
    if len(lines) > MOST_LINES:
        raise Refused(say("An order has up to %(most)s products.", most=MOST_LINES), "lines")
    for line in lines:
        if not line.product.strip() or len(line.product) > 200:
            raise Refused(say("Name each product, with at most 200 characters."), "lines")
        if not 1 <= line.quantity <= MOST_PIECES:
            raise Refused(
                say(
                    "“%(product)s” needs a quantity of 1 to %(most_pieces)s.",
                    product=line.product,
                    most_pieces=MOST_PIECES,
                ),
                "lines",
            )
        check_amount(line.price, "lines")


def total_of(lines: Sequence[Line]) -> Decimal:
    """What the products cost together."""
    return sum((line.price * line.quantity for line in lines), Decimal(0))
