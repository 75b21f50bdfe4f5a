"""Payments of an invoice: verified by a person, in whole or in parts, and taken back."""

from __future__ import annotations

from decimal import Decimal

from core.audit import current_actor, record
from core.errors import Refused
from core.events import OrderPaid, OrderPaymentReversed, publish
from core.models import Order, PaymentState
from core.models.base import now
from core.services.orders.checks import check_amount, lock, must_be_live, must_be_placed
from core.tenancy.session import TenantSession
from core.words import say


def pay(session: TenantSession, order: Order, amount: Decimal | None = None) -> Order:
    """Verify a payment: all that is open, or `amount` of it. Paid in full fires *order paid*."""
    lock(session, order)
    must_be_live(order)
    must_be_placed(order)
    open_amount = order.total - order.paid
    if order.payment is PaymentState.PAID:
        return order
    amount = open_amount if amount is None else amount
    check_amount(amount, "amount")
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
    before, paid_before = order.payment, order.paid
    order.paid += amount
    order.payment = PaymentState.PAID if order.paid >= order.total else PaymentState.PART
    order.verified_by_id = current_actor().user_id
    order.verified_at = now()
    session.flush()
    record(
        session,
        "pay",
        order,
        {"payment": (before, order.payment), "paid": (paid_before, order.paid)},
    )
    if order.payment is PaymentState.PAID:
        publish(
            session,
            OrderPaid(order_id=order.id, contact_id=order.contact_id, episode=order.episode),
        )
    return order


def reverse(
    session: TenantSession, order: Order, amount: Decimal | None = None, reason: str = ""
) -> Order:
    """Take a payment back: all that is paid, or `amount` of it. A new episode begins (B12).

    A cancelled order's too: that is its refund. Refused, field `amount`: more than was paid.
    """
    lock(session, order)
    if order.paid == 0 and order.payment is PaymentState.UNPAID:
        raise Refused(say("Nothing is paid on this invoice."), "amount")
    amount = order.paid if amount is None else amount
    check_amount(amount, "amount")
    if amount == 0 and order.paid > 0:
        raise Refused(say("Give the amount that went back, above zero."), "amount")
    if amount > order.paid:
        raise Refused(
            say(
                "Only %(paid)s %(currency)s is paid on this invoice.",
                paid=order.paid,
                currency=order.currency,
            ),
            "amount",
        )
    before, paid_before, episode = order.payment, order.paid, order.episode
    order.paid -= amount
    order.payment = PaymentState.PART if order.paid > 0 else PaymentState.UNPAID
    order.episode += 1
    if order.payment is PaymentState.UNPAID:
        order.verified_at = order.verified_by_id = None
    session.flush()
    changes: dict[str, tuple[object, object]] = {
        "payment": (before, order.payment),
        "paid": (paid_before, order.paid),
        "episode": (episode, order.episode),
    }
    if reason.strip():
        changes["reason"] = ("", reason.strip()[:200])
    record(session, "reverse", order, changes)
    publish(
        session,
        OrderPaymentReversed(order_id=order.id, contact_id=order.contact_id, episode=order.episode),
    )
    return order
