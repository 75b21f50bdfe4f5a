"""What happened, as typed facts: ids and plain values only, so that a job can carry them.

A service publishes an event in the transaction of its cause. No plugin runs there: each plugin
that subscribed and is on gets a job of its own, written in that transaction.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

from core.host.attach import host_of
from core.jobs.outbox import NewJob, enqueue, enqueue_all
from core.tenancy.session import TenantSession


class EventPayloadError(ValueError):
    """A stored event that this version can't read."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """The base of every event. Fields are int, str, bool, None or tuples of these.

    `depth`: how many rules stand between it and what a person, a customer or a shop did.
    """

    name: ClassVar[str] = "event"
    depth: int = 0

    def __init_subclass__(cls) -> None:
        cls.name = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def to_payload(self) -> dict[str, Any]:
        """What JSON can hold; `from_payload` makes the same event of it."""
        payload = dict(vars(self))  # not `asdict`, which copies each value deeply: 20 times slower
        if not self.depth:
            del payload["depth"]
        return payload

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> Self:
        """The event that a job carried. Raises EventPayloadError when a field is missing.

        A field that this version no longer has is left out: a job may be older than the code.
        """
        known = {field.name for field in fields(cls)}
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in payload.items()
            if key in known
        }
        try:
            return cls(**values)
        except TypeError as error:
            raise EventPayloadError(f"{cls.name}: {error}") from None

    @property
    def lane(self) -> str:
        """What the event is about, such as `conversation:12`: a plugin gets these in order."""
        for noun in ("conversation", "order", "task", "channel", "contact"):
            row_id = getattr(self, f"{noun}_id", None)
            if row_id is not None:
                return f"{noun}:{row_id}"
        return self.name


_depth: ContextVar[int] = ContextVar("sapa_event_depth", default=0)
_is_past: ContextVar[bool] = ContextVar("sapa_event_is_past", default=False)


@contextmanager
def caused_at(depth: int) -> Iterator[None]:
    """What is published inside bears this depth. Rules that trigger each other are stopped by it.

    A plugin's handler runs at the depth of its event.
    """
    token = _depth.set(depth)
    try:
        yield
    finally:
        _depth.reset(token)


@contextmanager
def unheard() -> Iterator[None]:
    """What is published inside is past: nobody hears of it, so no rule goes off late (D14)."""
    token = _is_past.set(True)
    try:
        yield
    finally:
        _is_past.reset(token)


def publish(session: TenantSession, event: Event) -> None:
    """Tell every plugin that handles this type of event and is on for the tenant.

    One job for each, in the session's transaction: rolled back, nothing happened. A plugin's jobs
    about one noun run in order; a handler that fails holds up its own plugin only. Raises NoHost
    for a database that no plugin host is attached to.
    """
    for job in _jobs(session, (event,)):
        enqueue(session, job.actor, job.payload, lane=job.lane)


def publish_all(session: TenantSession, events: Sequence[Event]) -> None:
    """`publish` for many events, in their order, with one statement for all their jobs."""
    enqueue_all(session, _jobs(session, events))


def _jobs(session: TenantSession, events: Sequence[Event]) -> list[NewJob]:
    if _is_past.get():
        return []
    host = host_of(session.database)
    heard = [(event, host.subscribers(type(event))) for event in events]
    heard = [(event, subscribers) for event, subscribers in heard if subscribers]
    if not heard:
        return []
    enabled = host.switches.enabled(session)
    if depth := _depth.get():
        heard = [(replace(event, depth=depth), subscribers) for event, subscribers in heard]
    return [
        NewJob(handler_actor(plugin, event.name), event.to_payload(), lane=f"{plugin}/{event.lane}")
        for event, subscribers in heard
        for plugin in subscribers
        if plugin in enabled
    ]


def handler_actor(plugin: str, event_name: str) -> str:
    """The job that handles an event: `sync` and `contact_created` → `sync.on_contact_created`."""
    return f"{plugin}.on_{event_name}"


@dataclass(frozen=True, kw_only=True)
class ContactCreated(Event):
    """A contact entered the address book. `origin`: device, person, import, api, inbound (they
    wrote) or outbound (they were written to). `is_to_greet`: whoever brought it asks for the
    welcome that only those made by a person get else (A14)."""

    contact_id: int
    origin: str
    is_to_greet: bool = False


@dataclass(frozen=True, kw_only=True)
class MessageReceived(Event):
    """A customer's message was stored. `is_history`: it is older than the channel's connection.

    `is_automatic`: a machine wrote it, and nothing may answer it by itself.
    """

    message_id: int
    conversation_id: int
    contact_id: int
    channel_id: int
    is_history: bool = False
    is_automatic: bool = False


@dataclass(frozen=True, kw_only=True)
class MessageSent(Event):
    """A message of ours was accepted by the provider, or typed on the channel's own phone."""

    message_id: int
    conversation_id: int
    contact_id: int
    channel_id: int
    sender: str


@dataclass(frozen=True, kw_only=True)
class MessageStateChanged(Event):
    """A message of ours moved on: delivered, read, failed …"""

    message_id: int
    conversation_id: int
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class ConversationOpened(Event):
    """A conversation began or was reopened."""

    conversation_id: int
    contact_id: int
    channel_id: int
    is_reopened: bool = False


@dataclass(frozen=True, kw_only=True)
class ConversationAssigned(Event):
    """A conversation went to an agent, a division or (both None) back to nobody."""

    conversation_id: int
    assignee_id: int | None
    division_id: int | None
    before_assignee_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class ConversationClosed(Event):
    """A conversation was closed; `assignee_id` had it then."""

    conversation_id: int
    contact_id: int
    assignee_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class AgentChanged(Event):
    """What decides whether an agent can be given conversations has changed: whether they are there,
    their channels, divisions, capacity or roles."""

    member_id: int

    @property
    def lane(self) -> str:
        return f"agent:{self.member_id}"


@dataclass(frozen=True, kw_only=True)
class OrderEvent(Event):
    """The base of what happens to an order. `episode` is the order's at that moment: it grows when
    a payment is reversed or the order reopened, and nothing is said twice in one episode (B12)."""

    order_id: int
    contact_id: int
    episode: int = 1


@dataclass(frozen=True, kw_only=True)
class OrderCreated(OrderEvent):
    """An order was placed. One that was first written down as a draft is placed later."""


@dataclass(frozen=True, kw_only=True)
class OrderPaid(OrderEvent):
    """The whole invoice is verified as paid. A part payment says nothing."""


@dataclass(frozen=True, kw_only=True)
class OrderPaymentReversed(OrderEvent):
    """A payment was taken back, wholly or in part: `episode` is the new one."""


@dataclass(frozen=True, kw_only=True)
class OrderEstimated(OrderEvent):
    """The estimated delivery date was set, moved or ("" as `date`) cleared.

    Said again when a cancelled order that has a date is reopened.
    """

    date: str


@dataclass(frozen=True, kw_only=True)
class OrderShipped(OrderEvent):
    """An order left, with a carrier and a tracking number."""


@dataclass(frozen=True, kw_only=True)
class OrderReceived(OrderEvent):
    """A person says that the customer has the order: the button, REST or a shop (B9)."""


@dataclass(frozen=True, kw_only=True)
class OrderCancelled(OrderEvent):
    """An order was cancelled."""


@dataclass(frozen=True, kw_only=True)
class OrderReopened(OrderEvent):
    """A cancelled or received order is being processed again: `episode` is the new one."""


@dataclass(frozen=True, kw_only=True)
class ChannelStateChanged(Event):
    """A channel connected, broke or was paused. `reason` is for a person."""

    channel_id: int
    before: str
    after: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class TaskOpened(Event):
    """Somebody has something to do."""

    task_id: int
    kind: str


@dataclass(frozen=True, kw_only=True)
class TaskClosed(Event):
    """A task was done or dropped."""

    task_id: int
    kind: str


@dataclass(frozen=True, kw_only=True)
class ContactChanged(Event):
    """A person changed fields of a contact."""

    contact_id: int
    fields: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CustomersRegrouped(Event):
    """Contacts were merged, unmerged, or either was undone. `merge_event_id` tells how.

    `customer_id` is the customer that it was done to; `contact_ids` all that it touched.
    """

    merge_event_id: int
    customer_id: int
    contact_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class ContactErased(Event):
    """A contact was erased for good: forget what you know of it."""

    contact_id: int


@dataclass(frozen=True, kw_only=True)
class ContactsLinked(Event):
    """A provider said that addresses of two contacts are one account: LID and phone, BSUID and
    phone. It joins nothing by itself; told each time that it is said, until they are one customer.
    """

    contact_id: int
    other_id: int
    channel_id: int


@dataclass(frozen=True, kw_only=True)
class ContactPushReceived(Event):
    """A phone's address book gained, changed or lost an entry. `at` is an ISO time."""

    channel_id: int
    kind: str
    address: str
    contact_name: str
    is_removed: bool
    at: str


@dataclass(frozen=True, kw_only=True)
class ChannelReported(Event):
    """A provider told something about the channel itself: quality, a template's approval …"""

    channel_id: int
    what: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class CardMoved(Event):
    """A card went from one stage of its module to another."""

    card_id: int
    contact_id: int
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class LabelPut(Event):
    """A label was put on a contact."""

    contact_id: int
    label_id: int


@dataclass(frozen=True, kw_only=True)
class TriggerFired(Event):
    """A plugin's own trigger went off: see `core.automation.fire`. `variables`: `name=value`."""

    trigger: str
    contact_id: int
    subject: str
    episode: str
    order_id: int | None = None
    conversation_id: int | None = None
    variables: tuple[str, ...] = ()
