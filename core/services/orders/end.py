"""The end of an order before its time, and what begins anew after it."""

from __future__ import annotations

from core.audit import record
from core.errors import Refused
from core.events import OrderCancelled, OrderEstimated, OrderReopened, publish
from core.models import Order, OrderStatus
from core.models.base import now
from core.services.orders.checks import lock
from core.tenancy.session import TenantSession
from core.words import say


def cancel(session: TenantSession, order: Order) -> Order:
    """Cancel an order that the customer doesn't have yet."""
    lock(session, order)
    if order.status is OrderStatus.CANCELLED:
        return order
    if order.status is OrderStatus.RECEIVED:
        raise Refused(say("The customer has received this order: it can't be cancelled."), "status")
    before = order.status
    order.status = OrderStatus.CANCELLED
    order.cancelled_at = now()
    session.flush()
    record(session, "cancel", order, {"status": (before, order.status)})
    publish(
        session,
        OrderCancelled(order_id=order.id, contact_id=order.contact_id, episode=order.episode),
    )
    return order


def reopen(session: TenantSession, order: Order) -> Order:
    """Process a cancelled or received order again, as for an exchange. A new episode begins (B12).

    It can be sent once more, with a tracking number of its own; the payment stays as it is.
    """
    lock(session, order)
    if order.status not in (OrderStatus.CANCELLED, OrderStatus.RECEIVED):
        raise Refused(say("Only a cancelled or received order can be reopened."), "status")
    changes: dict[str, tuple[object, object]] = {
        "status": (order.status, OrderStatus.PROCESSING),
        "episode": (order.episode, order.episode + 1),
    }
    if order.tracking_number:
        changes["tracking_number"] = (order.tracking_number, "")
    order.status = OrderStatus.PROCESSING
    order.episode += 1
    order.tracking_number = ""
    order.cancelled_at = order.shipped_at = order.received_at = None
    session.flush()
    record(session, "reopen", order, changes)
    about = {"order_id": order.id, "contact_id": order.contact_id, "episode": order.episode}
    publish(session, OrderReopened(**about))
    if order.estimated_date is not None:
        publish(session, OrderEstimated(**about, date=order.estimated_date.isoformat()))
    return order
