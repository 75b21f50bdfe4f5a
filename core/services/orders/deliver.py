"""The delivery of an order: its estimated date, Send, Received."""

from __future__ import annotations

from datetime import date

from core.audit import record
from core.errors import Refused
from core.events import OrderEstimated, OrderReceived, OrderShipped, publish
from core.models import Order, OrderStatus
from core.models.base import now
from core.services.orders.checks import lock, must_be_live, must_be_placed
from core.tenancy.session import TenantSession
from core.words import say


def estimate(session: TenantSession, order: Order, day: date | None) -> Order:
    """Set, move or with None clear the estimated delivery date. A draft's is said when placed."""
    lock(session, order)
    must_be_live(order)
    if order.estimated_date == day:
        return order
    if order.status is OrderStatus.RECEIVED:
        raise Refused(say("The customer has received this order already."), "date")
    before = order.estimated_date
    order.estimated_date = day
    session.flush()
    record(session, "estimate", order, {"estimated_date": (before, day)})
    if order.status is not OrderStatus.NEW:
        publish(
            session,
            OrderEstimated(
                order_id=order.id,
                contact_id=order.contact_id,
                episode=order.episode,
                date=day.isoformat() if day else "",
            ),
        )
    return order


def ship(
    session: TenantSession,
    order: Order,
    carrier: str | None = None,
    tracking_number: str | None = None,
) -> Order:
    """Send. What is None is taken from the order, where it may have been saved before.

    Without a tracking number it is refused and nothing changes (B7).
    """
    lock(session, order)
    must_be_live(order)
    must_be_placed(order)
    carrier = (order.carrier if carrier is None else carrier).strip()
    number = (order.tracking_number if tracking_number is None else tracking_number).strip()
    if not number:
        raise Refused(say("Enter the carrier's tracking number before sending."), "tracking_number")
    if order.status is OrderStatus.SHIPPED and order.tracking_number == number[:80]:
        return order
    if order.status is not OrderStatus.PROCESSING:
        raise Refused(
            say("An order that is %(status)s can't be sent.", status=order.status.value), "status"
        )
    before, number_before = order.status, order.tracking_number
    order.status = OrderStatus.SHIPPED
    order.carrier = carrier[:60]
    order.tracking_number = number[:80]
    order.shipped_at = now()
    session.flush()
    record(
        session,
        "ship",
        order,
        {
            "status": (before, order.status),
            "tracking_number": (number_before, order.tracking_number),
        },
    )
    publish(
        session,
        OrderShipped(order_id=order.id, contact_id=order.contact_id, episode=order.episode),
    )
    return order


def receive_order(session: TenantSession, order: Order) -> Order:
    """Mark as received. Fires no message (B9); an event for those who watch orders."""
    lock(session, order)
    if order.status is OrderStatus.RECEIVED:
        return order
    if order.status is not OrderStatus.SHIPPED:
        raise Refused(say("Only an order that was sent can be received."), "status")
    order.status = OrderStatus.RECEIVED
    order.received_at = now()
    session.flush()
    record(session, "receive", order, {"status": (OrderStatus.SHIPPED, order.status)})
    publish(
        session,
        OrderReceived(order_id=order.id, contact_id=order.contact_id, episode=order.episode),
    )
    return order
