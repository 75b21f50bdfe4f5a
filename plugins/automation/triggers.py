"""The triggers that ship: what a rule may wait for."""

from __future__ import annotations

from sqlalchemy import select

from core.api import Ask, Label, Part, TenantSession, Trigger, say

CUSTOMERS, ORDERS, CONVERSATIONS = say("Customers"), say("Orders"), say("Conversations")

FOLLOW_UP = "order_follow_up"
RECEIVED = "order_received"
WAITING = "conversation_waiting"
SILENCE = "customer_silent"
BIRTHDAY = "customer_birthday"

OF_CONTACT = ("contactname", "username")
OF_ORDER = (*OF_CONTACT, "productname", "documentnumber", "amount")

_ORDER = frozenset({Part.ORDER})
_TALK = frozenset({Part.CONVERSATION})


def _labels(session: TenantSession) -> list[tuple[str, str]]:
    return [
        (str(each.id), each.name) for each in session.scalars(select(Label).order_by(Label.name))
    ]


TRIGGERS = (
    Trigger(
        name="contact_created",
        label=say("a customer is added"),
        group=CUSTOMERS,
        hint=say("By a person or over REST; not by a message, a sync, an import or an order."),
        variables=OF_CONTACT,
    ),
    Trigger(
        name="label_added",
        label=say("a label is put on a customer"),
        group=CUSTOMERS,
        hint=say("Once for each customer and label."),
        variables=OF_CONTACT,
        asks=(Ask(name="label", label=say("Label"), kind="choice", choices=_labels),),
    ),
    Trigger(
        name="customer_merged",
        label=say("customers are merged"),
        group=CUSTOMERS,
        variables=OF_CONTACT,
    ),
    Trigger(
        name=BIRTHDAY,
        label=say("it is a customer's birthday"),
        group=CUSTOMERS,
        hint=say("Once a year; who was born on 29 February has it on the 28th in other years."),
        variables=OF_CONTACT,
        is_dated=True,
    ),
    Trigger(
        name=SILENCE,
        label=say("a customer hasn't written for some days"),
        group=CUSTOMERS,
        hint=say("Counted from their last message on each channel; looked for every hour."),
        has=_TALK,
        variables=OF_CONTACT,
        asks=(
            Ask(name="days", label=say("Days"), kind="number", suffix=say("days"), default="30"),
        ),
    ),
    Trigger(
        name="order_created",
        label=say("an order is created"),
        group=ORDERS,
        has=_ORDER,
        variables=OF_ORDER,
    ),
    Trigger(
        name=FOLLOW_UP,
        label=say("the estimated delivery day of an order comes"),
        group=ORDERS,
        hint=say("Moving the date moves the message, cancelling the order cancels it."),
        has=_ORDER,
        variables=(*OF_ORDER, "estimateddate"),
        is_dated=True,
    ),
    Trigger(
        name="order_paid",
        label=say("an order is paid"),
        group=ORDERS,
        hint=say("Verified in full; a part payment is none."),
        has=_ORDER,
        variables=OF_ORDER,
    ),
    Trigger(
        name="order_shipped",
        label=say("an order is sent"),
        group=ORDERS,
        has=_ORDER,
        variables=(*OF_ORDER, "trackingnumber"),
    ),
    Trigger(
        name=RECEIVED,
        label=say("the delivery follow-up has reached the customer"),
        group=ORDERS,
        hint=say("By its receipt; on a channel without receipts as soon as it is accepted."),
        has=_ORDER,
        variables=(*OF_ORDER, "estimateddate"),
    ),
    Trigger(
        name="order_cancelled",
        label=say("an order is cancelled"),
        group=ORDERS,
        has=_ORDER,
        variables=OF_ORDER,
    ),
    Trigger(
        name="message_received",
        label=say("a customer writes"),
        group=CONVERSATIONS,
        hint=say("No echoes and no history."),
        has=frozenset({Part.CONVERSATION, Part.MESSAGE}),
        variables=OF_CONTACT,
    ),
    Trigger(
        name="conversation_opened",
        label=say("a conversation is opened"),
        group=CONVERSATIONS,
        has=_TALK,
        variables=OF_CONTACT,
    ),
    Trigger(
        name="conversation_closed",
        label=say("a conversation is closed"),
        group=CONVERSATIONS,
        has=_TALK,
        variables=OF_CONTACT,
    ),
    Trigger(
        name=WAITING,
        label=say("a customer waits for an answer"),
        group=CONVERSATIONS,
        has=_TALK,
        variables=OF_CONTACT,
        asks=(
            Ask(
                name="minutes",
                label=say("Minutes"),
                kind="number",
                suffix=say("minutes"),
                default="30",
            ),
        ),
    ),
)
