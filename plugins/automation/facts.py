"""The conditions that ship: what a rule may ask of its scene."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from core.api import (
    Channel,
    Condition,
    ConditionKind,
    Consent,
    Conversation,
    Division,
    Label,
    Message,
    Order,
    OrderStatus,
    Part,
    PaymentState,
    Scene,
    TenantSession,
    labels,
    say,
    tenant_of,
)
from plugins.automation import clock

Choices = list[tuple[str, object]]

STATUSES = {
    OrderStatus.NEW: say("new"),
    OrderStatus.PROCESSING: say("being processed"),
    OrderStatus.SHIPPED: say("sent"),
    OrderStatus.RECEIVED: say("received"),
    OrderStatus.CANCELLED: say("cancelled"),
}
PAYMENTS = {
    PaymentState.UNPAID: say("unpaid"),
    PaymentState.PART: say("part-paid"),
    PaymentState.PAID: say("paid"),
}


def _order(scene: Scene) -> Order:
    assert scene.order is not None  # noqa: S101 - asked only where the scene has one
    return scene.order


def _message(scene: Scene) -> Message:
    assert scene.message is not None  # noqa: S101 - as above
    return scene.message


def _conversation(scene: Scene) -> Conversation:
    assert scene.conversation is not None  # noqa: S101 - as above
    return scene.conversation


def _labels(scene: Scene) -> set[str]:
    found = labels.labels_of(scene.session, [scene.contact])
    return {str(each.id) for each in found[scene.contact.id]}


def _orders(scene: Scene) -> int:
    asked = select(func.count(Order.id)).where(Order.contact_id == scene.contact.id)
    return scene.session.scalar(asked) or 0


def _local_day(scene: Scene) -> date:
    return clock.now().astimezone(ZoneInfo(tenant_of(scene.session).time_zone)).date()


def _hour(scene: Scene) -> int:
    return clock.now().astimezone(ZoneInfo(tenant_of(scene.session).time_zone)).hour


def _all_labels(session: TenantSession) -> Choices:
    return [(str(one.id), one.name) for one in session.scalars(select(Label).order_by(Label.name))]


def _all_channels(session: TenantSession) -> Choices:
    living = select(Channel).where(Channel.archived_at.is_(None)).order_by(Channel.name)
    return [(str(one.id), one.name) for one in session.scalars(living)]


def _all_divisions(session: TenantSession) -> Choices:
    living = select(Division).where(Division.archived_at.is_(None)).order_by(Division.name)
    return [(str(one.id), one.name) for one in session.scalars(living)]


def _channel(scene: Scene) -> str:
    return str(_conversation(scene).channel_id)


def _division(scene: Scene) -> str | None:
    division_id = _conversation(scene).division_id
    return str(division_id) if division_id else None


CONDITIONS = (
    Condition(
        name="customer_name",
        label=say("the customer's name"),
        kind=ConditionKind.TEXT,
        read=lambda scene: scene.contact.name,
    ),
    Condition(
        name="customer_phone",
        label=say("the customer's number"),
        kind=ConditionKind.TEXT,
        read=lambda scene: scene.contact.phone,
    ),
    Condition(
        name="customer_label",
        label=say("the customer's labels"),
        kind=ConditionKind.MANY,
        read=_labels,
        choices=_all_labels,
    ),
    Condition(
        name="customer_consent",
        label=say("the customer has agreed to be written to"),
        kind=ConditionKind.YES_NO,
        read=lambda scene: scene.contact.consent is Consent.IN,
    ),
    Condition(
        name="customer_orders",
        label=say("the number of the customer's orders"),
        kind=ConditionKind.NUMBER,
        read=_orders,
    ),
    Condition(
        name="order_total",
        label=say("the total"),
        kind=ConditionKind.NUMBER,
        of=Part.ORDER,
        read=lambda scene: _order(scene).total,
        currency=lambda scene: _order(scene).currency,
    ),
    Condition(
        name="order_currency",
        label=say("the currency"),
        kind=ConditionKind.TEXT,
        of=Part.ORDER,
        read=lambda scene: _order(scene).currency,
    ),
    Condition(
        name="order_status",
        label=say("the order's status"),
        kind=ConditionKind.CHOICE,
        of=Part.ORDER,
        read=lambda scene: _order(scene).status.value,
        choices=lambda session: [(key.value, words) for key, words in STATUSES.items()],
    ),
    Condition(
        name="order_payment",
        label=say("the payment"),
        kind=ConditionKind.CHOICE,
        of=Part.ORDER,
        read=lambda scene: _order(scene).payment.value,
        choices=lambda session: [(key.value, words) for key, words in PAYMENTS.items()],
    ),
    Condition(
        name="order_product",
        label=say("what was ordered"),
        kind=ConditionKind.TEXT,
        of=Part.ORDER,
        read=lambda scene: ", ".join(line.product for line in _order(scene).lines),
    ),
    Condition(
        name="order_carrier",
        label=say("the carrier"),
        kind=ConditionKind.TEXT,
        of=Part.ORDER,
        read=lambda scene: _order(scene).carrier,
    ),
    Condition(
        name="order_estimate",
        label=say("the estimated delivery day"),
        kind=ConditionKind.DATE,
        of=Part.ORDER,
        read=lambda scene: _order(scene).estimated_date,
    ),
    Condition(
        name="message_text",
        label=say("the message"),
        kind=ConditionKind.TEXT,
        of=Part.MESSAGE,
        read=lambda scene: _message(scene).body,
    ),
    Condition(
        name="channel",
        label=say("the channel"),
        kind=ConditionKind.CHOICE,
        of=Part.CONVERSATION,
        read=_channel,
        choices=_all_channels,
    ),
    Condition(
        name="division",
        label=say("the division"),
        kind=ConditionKind.CHOICE,
        of=Part.CONVERSATION,
        read=_division,
        choices=_all_divisions,
    ),
    Condition(
        name="is_assigned",
        label=say("the conversation has an agent"),
        kind=ConditionKind.YES_NO,
        of=Part.CONVERSATION,
        read=lambda scene: _conversation(scene).assignee_id is not None,
    ),
    Condition(
        name="hour",
        label=say("the hour of the day"),
        kind=ConditionKind.NUMBER,
        read=_hour,
    ),
    Condition(
        name="today",
        label=say("today's date"),
        kind=ConditionKind.DATE,
        read=_local_day,
    ),
)
