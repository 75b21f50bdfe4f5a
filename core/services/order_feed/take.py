"""One delivery: each of its events once, each answered by itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.errors import Conflict, Invalid, Malformed, Refused
from core.models import OrderDelivery, OrderSource
from core.models.base import now
from core.services.order_feed.apply import apply
from core.services.order_feed.items import Item, read_item
from core.tenancy.bulk import insert_unnamed
from core.tenancy.session import TenantSession
from core.words import say

Answer = dict[str, Any]
"""What a program is told of one event; it stands in JSON."""

IN_EVENT = frozenset({"event", "event_id", "idempotency_key", "order"})

MOST_EVENTS = 100
"""In one delivery: each may make a customer and an order, and all answer together."""


def told_in(body: bytes) -> tuple[list[Any], bool]:
    """The events of a body, and whether it is a list of them. Raises Malformed (400).

    One event as an object, a list, or `{"events": [...]}`.
    """
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed(say("The body is not valid JSON.")) from None
    events = told.get("events", told) if isinstance(told, dict) else told
    is_list = isinstance(events, list)
    events = events if is_list else [events]
    if not all(isinstance(event, dict) for event in events) or not events:
        raise Malformed(say("Send an event as a JSON object, or a list of them."))
    if len(events) > MOST_EVENTS:
        raise Malformed(say("Send up to %(most)s events at once.", most=MOST_EVENTS))
    return events, is_list


def take(
    session: TenantSession, source: OrderSource, events: Sequence[Any]
) -> list[dict[str, Any]]:
    """Do what each event says, in their order; the answer to each. The caller commits.

    A bad one fails alone. One that was done before gets the answer that it got then.
    """
    source.last_at = now()
    return [_take_one(session, source, raw) for raw in events]


def _take_one(session: TenantSession, source: OrderSource, raw: Any) -> Answer:
    try:
        item = read_item(raw)
    except Invalid as invalid:
        return _unread(session, source, raw, invalid)
    digest = _digest(item.model_dump_json(include={"event", "order"}))
    row = _claim(session, source, item.idempotency_key, digest)
    if row.is_applied:
        if row.digest != digest:
            return _refusal(
                item.event_id,
                item.idempotency_key,
                Conflict(
                    say("This idempotency key was used for another event: choose a new one."),
                    "idempotency_key",
                ),
            )
        row.count += 1
        return row.answer
    row.event, row.event_id, row.digest = item.event.value, item.event_id, digest
    answer, reason = _do(session, source, item)
    row.is_applied, row.reason, row.answer = not reason, reason[:300], answer
    session.flush()
    return answer


def _do(session: TenantSession, source: OrderSource, item: Item) -> tuple[Answer, str]:
    """The answer, and why the event was refused."""
    try:
        with session.begin_nested():
            order = apply(session, source, item)
    except Refused as refused:
        return _refusal(item.event_id, item.idempotency_key, refused), str(refused.message)
    except IntegrityError:
        busy = Conflict(say("Somebody wrote the same at this moment: send it again."))
        return _refusal(item.event_id, item.idempotency_key, busy), str(busy.message)
    return {
        "event_id": item.event_id,
        "idempotency_key": item.idempotency_key,
        "status": "applied",
        "order": {
            "id": order.id,
            "number": order.number,
            "status": order.status.value,
            "payment": order.payment.value,
        },
    }, ""


def _unread(session: TenantSession, source: OrderSource, raw: Any, invalid: Invalid) -> Answer:
    """Keep that an event could not be read: under its own key where it has a fitting one."""
    digest = _digest(json.dumps(raw, sort_keys=True))
    given = raw.get("idempotency_key") or raw.get("event_id")
    key = given if isinstance(given, str) and 0 < len(given) <= 190 and given.isprintable() else ""
    row = _claim(session, source, key or f"unread-{digest}", digest)
    if not row.is_applied:
        field, sentences = next(iter(invalid.errors.items()))
        row.reason = f"{field}: {sentences[0]}"[:300]
        row.answer = _refusal(key, key, invalid)
        session.flush()
    return _refusal(key, key, invalid)


def _claim(session: TenantSession, source: OrderSource, key: str, digest: str) -> OrderDelivery:
    """The key's row, held until the end of the transaction: whoever comes second waits here."""
    new = {"source_id": source.id, "key": key, "digest": digest}
    insert_unnamed(session, OrderDelivery, [new], skip_known=True)
    return session.scalars(
        select(OrderDelivery)
        .where(OrderDelivery.source_id == source.id, OrderDelivery.key == key)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _refusal(event_id: str, key: str, refused: Refused) -> Answer:
    return {
        "event_id": event_id,
        "idempotency_key": key,
        "status": "refused",
        "message": str(refused.message),
        "errors": {_place(field): [*map(str, told)] for field, told in refused.errors.items()},
    }


def _place(field: str) -> str:
    """Where a service's field stands in an event."""
    return field if field.partition(".")[0] in IN_EVENT else f"order.{field}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
