"""What happened, as triggers: each event names its subject and which time around it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select, update

from core.api import (
    Contact,
    ContactCreated,
    ContactErased,
    Conversation,
    ConversationClosed,
    ConversationOpened,
    CustomersRegrouped,
    Event,
    Handler,
    LabelPut,
    MergeEvent,
    MergeKind,
    Message,
    MessageReceived,
    MessageStateChanged,
    OrderCancelled,
    OrderCreated,
    OrderEstimated,
    OrderPaid,
    OrderShipped,
    Receipts,
    TenantSession,
    TriggerFired,
    say,
)
from plugins.automation import dated, triggers
from plugins.automation.firing import Occurrence, claim, fire, rules_of
from plugins.automation.models import Rule, Run
from plugins.automation.scenes import stamp
from plugins.automation.smart_reply import hearing, talks

BY_HAND = frozenset({"person", "api"})
ARRIVED = frozenset({"delivered", "read", "played"})
TAKEN = frozenset({"accepted", "sent"}) | ARRIVED


def on_contact(session: TenantSession, event: ContactCreated) -> None:
    """Only customers made by a person or over REST, and whom somebody asks to greet (B1, A14)."""
    if event.origin in BY_HAND or event.is_to_greet:
        about = f"contact:{event.contact_id}"
        fire(session, _occurrence("contact_created", event, event.contact_id, about))


def on_label(session: TenantSession, event: LabelPut) -> None:
    """A rule waits for one label."""
    wanted = str(event.label_id)
    fire(
        session,
        Occurrence(
            trigger="label_added",
            contact_id=event.contact_id,
            subject=f"contact:{event.contact_id}/label:{event.label_id}",
            depth=event.depth,
            meets=lambda rule: str(rule.asks.get("label")) == wanted,
        ),
    )


def on_regrouped(session: TenantSession, event: CustomersRegrouped) -> None:
    """A merge; taking one apart, or taking it back, is none."""
    merged = session.get(MergeEvent, event.merge_event_id)
    if merged is None or merged.kind is not MergeKind.MERGE:
        return
    contact_id = session.scalar(
        select(Contact.id)
        .where(Contact.customer_id == event.customer_id)
        .order_by(Contact.id)
        .limit(1)
    )
    if contact_id is not None:
        about = f"customer:{event.customer_id}"
        fire(
            session,
            _occurrence("customer_merged", event, contact_id, about, str(event.merge_event_id)),
        )


def on_order(trigger: str) -> Callable[[TenantSession, Any], None]:
    """A handler for what happens to an order once in each of its episodes."""

    def handle(session: TenantSession, event: OrderCreated | OrderPaid | OrderShipped) -> None:
        fire(session, _of_order(session, trigger, event))

    return handle


def on_estimate(session: TenantSession, event: OrderEstimated) -> None:
    """The follow-up goes out on that day; another day moves it, none takes it away (B4)."""
    happened = _of_order(session, triggers.FOLLOW_UP, event)
    dated.plan(session, happened, date.fromisoformat(event.date) if event.date else None)


def on_cancelled(session: TenantSession, event: OrderCancelled) -> None:
    """Whatever still waits to be done about the order is off."""
    dated.cancel(
        session, f"order:{event.order_id}", "order_cancelled", say("The order was cancelled.")
    )
    fire(session, _of_order(session, "order_cancelled", event))


def on_state(session: TenantSession, event: MessageStateChanged) -> None:
    """The follow-up has reached the customer: "did it help?" may come (B9)."""
    if event.after not in TAKEN:
        return
    run = session.scalar(
        select(Run)
        .where(Run.message_id == event.message_id, Run.trigger == triggers.FOLLOW_UP)
        .order_by(Run.id)
        .limit(1)
    )
    if run is None or not _has_arrived(session, event):
        return
    fire(
        session,
        Occurrence(
            trigger=triggers.RECEIVED,
            contact_id=run.contact_id,
            subject=run.subject,
            episode=run.episode,
            depth=run.depth + 1,
        ),
    )


def on_message(session: TenantSession, event: MessageReceived) -> None:
    """A customer writes, and from now on waits. History never starts anything (D14), and what a
    machine wrote neither: two that answer each other never end."""
    if event.is_history or event.is_automatic:
        return
    hearing.hear(session, event)
    fire(
        session,
        _occurrence("message_received", event, event.contact_id, f"message:{event.message_id}"),
    )
    talk = session.get(Conversation, event.conversation_id)
    if talk is None or talk.waiting_since is None:
        return
    about = f"conversation:{talk.id}"
    happened = _occurrence(
        triggers.WAITING, event, event.contact_id, about, stamp(talk.waiting_since)
    )
    for rule in rules_of(session, triggers.WAITING):
        span = timedelta(minutes=_asked(rule, "minutes", 30))
        claim(session, rule, happened, talk.waiting_since + span)


def on_opened(session: TenantSession, event: ConversationOpened) -> None:
    """By a customer's message: opened again by hand without a new one, it is the same opening."""
    talks.begin_anew(session, event)
    last = session.scalar(
        select(Message.id)
        .where(Message.conversation_id == event.conversation_id)
        .order_by(Message.id.desc())
        .limit(1)
    )
    about = f"conversation:{event.conversation_id}"
    fire(
        session,
        _occurrence("conversation_opened", event, event.contact_id, about, str(last or 0)),
    )


def on_closed(session: TenantSession, event: ConversationClosed) -> None:
    """Closed; each closing is an episode of its own."""
    talk = session.get(Conversation, event.conversation_id)
    if talk is None or talk.closed_at is None:
        return  # open again already
    about = f"conversation:{talk.id}"
    fire(
        session,
        _occurrence("conversation_closed", event, event.contact_id, about, stamp(talk.closed_at)),
    )


def on_fired(session: TenantSession, event: TriggerFired) -> None:
    """Another plugin's trigger."""
    given = dict(pair.partition("=")[::2] for pair in event.variables)
    subject = f"order:{event.order_id}" if event.order_id else event.subject
    if event.conversation_id and not event.order_id:
        subject = f"conversation:{event.conversation_id}"
    is_own = subject == event.subject
    fire(
        session,
        Occurrence(
            trigger=event.trigger,
            contact_id=event.contact_id,
            subject=subject,
            episode=event.episode if is_own else f"{event.subject}#{event.episode}"[:60],
            depth=event.depth,
            given=given,
        ),
    )


def on_erased(session: TenantSession, event: ContactErased) -> None:
    """What was looked at goes; that it happened stays, so that nothing happens twice."""
    session.execute(
        update(Run)
        .where(Run.contact_id == event.contact_id)
        .values(trace={}, given={}, reason="")
        .execution_options(synchronize_session=False)
    )
    talks.forget(session, event.contact_id)


def _occurrence(
    trigger: str, event: Event, contact_id: int, subject: str, episode: str = "1"
) -> Occurrence:
    return Occurrence(
        trigger=trigger,
        contact_id=contact_id,
        subject=subject,
        episode=episode,
        depth=event.depth,
    )


def _of_order(
    session: TenantSession,
    trigger: str,
    event: OrderCreated | OrderPaid | OrderShipped | OrderCancelled | OrderEstimated,
) -> Occurrence:
    about = f"order:{event.order_id}"
    return _occurrence(trigger, event, event.contact_id, about, str(event.episode))


def _has_arrived(session: TenantSession, event: MessageStateChanged) -> bool:
    """A receipt; where a channel has none, that the provider took it."""
    if event.after in ARRIVED:
        return True
    message = session.get(Message, event.message_id)
    if message is None:
        return False
    adapter = session.desk.host.adapter(message.channel.kind)
    return adapter is not None and adapter.capabilities.receipts is Receipts.NONE


def _asked(rule: Rule, name: str, default: int) -> int:
    raw = str(rule.asks.get(name) or "")
    return int(raw) if raw.isdigit() else default


HANDLERS: Sequence[Handler] = (  # type: ignore[type-arg]  # of several events
    Handler(event=ContactCreated, run=on_contact),
    Handler(event=LabelPut, run=on_label),
    Handler(event=CustomersRegrouped, run=on_regrouped),
    Handler(event=OrderCreated, run=on_order("order_created")),
    Handler(event=OrderPaid, run=on_order("order_paid")),
    Handler(event=OrderShipped, run=on_order("order_shipped")),
    Handler(event=OrderEstimated, run=on_estimate),
    Handler(event=OrderCancelled, run=on_cancelled),
    Handler(event=MessageStateChanged, run=on_state),
    Handler(event=MessageReceived, run=on_message),
    Handler(event=ConversationOpened, run=on_opened),
    Handler(event=ConversationClosed, run=on_closed),
    Handler(event=TriggerFired, run=on_fired),
    Handler(event=ContactErased, run=on_erased),
)
