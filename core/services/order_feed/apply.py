"""What an event of a shop does: the same services as a person's buttons."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import select

from core.errors import Refused
from core.models import Order, OrderSource
from core.services import orders
from core.services.order_feed.buyers import contact_of
from core.services.order_feed.items import Item, Told, What
from core.tenancy.session import TenantSession
from core.words import say


def apply(session: TenantSession, source: OrderSource, item: Item) -> Order:
    """Do what the event says, and give its order. Refused, with the field in the event."""
    if item.event is What.CREATED:
        return _create(session, source, item.order)
    order = _known(session, source, item.order.id)
    if order is None:
        raise Refused(
            say("No order with this id came from this shop: send its “created” first."),
            "order.id",
        )
    return _MOVES[item.event](session, order, item.order)


def _create(session: TenantSession, source: OrderSource, told: Told) -> Order:
    known = _known(session, source, told.id)
    if known is not None:
        return known
    return orders.create_order(
        session,
        contact_of(session, told.customer),
        number=told.number,
        lines=[orders.Line(line.product, line.quantity, line.price) for line in told.lines],
        total=told.total,
        currency=told.currency or source.currency,
        estimated_date=told.estimated_date,
        note=told.note,
        source=source.key,
        external_id=told.id,
    )


def _pay(session: TenantSession, order: Order, told: Told) -> Order:
    return orders.pay(session, order, told.amount)


def _estimate(session: TenantSession, order: Order, told: Told) -> Order:
    if told.estimated_date is None:
        raise Refused(say("Give the estimated date, like 2026-11-30."), "order.estimated_date")
    return orders.estimate(session, order, told.estimated_date)


def _ship(session: TenantSession, order: Order, told: Told) -> Order:
    return orders.ship(session, order, told.carrier, told.tracking_number)


def _receive(session: TenantSession, order: Order, told: Told) -> Order:
    return orders.receive_order(session, order)


def _cancel(session: TenantSession, order: Order, told: Told) -> Order:
    return orders.cancel(session, order)


_MOVES: Mapping[What, Callable[[TenantSession, Order, Told], Order]] = {
    What.PAID: _pay,
    What.ESTIMATED: _estimate,
    What.SHIPPED: _ship,
    What.RECEIVED: _receive,
    What.CANCELLED: _cancel,
}


def _known(session: TenantSession, source: OrderSource, external_id: str) -> Order | None:
    return session.scalar(
        select(Order).where(Order.source == source.key, Order.external_id == external_id)
    )
