"""An order as the API tells it, in two calls: its sums, and its items, each with a status."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from core.api import (
    Account,
    Address,
    IdentityKind,
    OrderStage,
    OutboundClient,
    SendFailed,
    ShopOrder,
    careful,
    orders,
    say,
)
from plugins.channels.lazada.calls import Json, call, data_of
from plugins.channels.lazada.errors import PAYLOAD

STAGES = {
    "unpaid": OrderStage.PLACED,
    "pending": OrderStage.PAID,
    "topack": OrderStage.PAID,
    "toship": OrderStage.PAID,
    "packed": OrderStage.PAID,
    "repacked": OrderStage.PAID,
    "ready_to_ship_pending": OrderStage.PAID,
    "ready_to_ship": OrderStage.PAID,
    "shipping": OrderStage.SHIPPED,
    "shipped": OrderStage.SHIPPED,
    "failed_delivery": OrderStage.SHIPPED,
    "failed": OrderStage.SHIPPED,
    "lost_by_3pl": OrderStage.SHIPPED,
    "damaged_by_3pl": OrderStage.SHIPPED,
    "shipped_back": OrderStage.SHIPPED,
    "shipped_back_failed": OrderStage.SHIPPED,
    "delivered": OrderStage.RECEIVED,
    "confirmed": OrderStage.RECEIVED,
    "returned": OrderStage.RECEIVED,
    "shipped_back_success": OrderStage.CANCELLED,
    "canceled": OrderStage.CANCELLED,
    "cancelled": OrderStage.CANCELLED,
}
ON_DELIVERY = frozenset({"COD", "CASHONDELIVERY", "CASH_ON_DELIVERY"})
STEPS = (OrderStage.PLACED, OrderStage.PAID, OrderStage.SHIPPED, OrderStage.RECEIVED)


def fetch_order(account: Account, order_id: str, http: OutboundClient) -> ShopOrder:
    """Ask for one order. Raises SendFailed, OutcomeUnknown."""
    asked = {"order_id": order_id}
    document = data_of(call(account, http, "GET", "/order/get", asked, total=20.0))
    answer = call(account, http, "GET", "/order/items/get", asked, total=20.0)
    listed = answer.get("data")
    items = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    if not document or not items:
        raise SendFailed(PAYLOAD, "gone", say("Lazada knows no order %(id)s.", id=order_id))
    try:
        careful.refuse_unstorable([document, items])
        return _order(order_id, document, items)
    except careful.Unreadable as error:
        raise SendFailed(PAYLOAD, "order", str(error)) from error


def _order(order_id: str, document: Json, items: list[Json]) -> ShopOrder:
    stage, status = _stage(items)
    is_paid = _is_paid(document, stage)
    if stage is OrderStage.PAID and not is_paid:
        stage = OrderStage.PLACED  # paid on delivery: being processed all the same
    names = (careful.optional_string(document, f"customer_{part}_name") for part in PARTS)
    sent = next((item for item in items if item.get("tracking_code")), {})
    return ShopOrder(
        id=order_id,
        buyer=Address(IdentityKind.LAZADA_BUYER, careful.identifier(items[0], "buyer_id")),
        stage=stage,
        status=status,
        is_paid=is_paid,
        total=careful.amount(document, "price") + careful.amount(document, "shipping_fee"),
        currency=careful.optional_string(items[0], "currency", limit=3) or "IDR",
        number=str(document.get("order_number") or order_id)[:60],
        buyer_name=" ".join(name for name in names if name),
        lines=_lines(items),
        carrier=careful.optional_string(sent, "shipment_provider"),
        tracking_number=careful.optional_string(sent, "tracking_code"),
        note=careful.optional_string(document, "remarks", limit=careful.MAX_TEXT),
    )


PARTS = ("first", "last")


def _stage(items: list[Json]) -> tuple[OrderStage, str]:
    """The order is as far as the item that is furthest behind; cancelled ones don't count."""
    statuses = [careful.string(item, "status", limit=60) for item in items]
    stages = [STAGES.get(status.lower(), OrderStage.UNKNOWN) for status in statuses]
    if OrderStage.UNKNOWN in stages:
        return OrderStage.UNKNOWN, statuses[stages.index(OrderStage.UNKNOWN)]
    live = [stage for stage in stages if stage is not OrderStage.CANCELLED]
    if not live:
        return OrderStage.CANCELLED, statuses[0]
    least = min(live, key=STEPS.index)
    return least, statuses[stages.index(least)]


def _is_paid(document: Json, stage: OrderStage) -> bool:
    method = str(document.get("payment_method") or "").upper().replace(" ", "")
    if method in ON_DELIVERY:
        return stage is OrderStage.RECEIVED
    return stage in (OrderStage.PAID, OrderStage.SHIPPED, OrderStage.RECEIVED)


def _lines(items: list[Any]) -> tuple[orders.Line, ...]:
    """The products. Each item is one piece: equal ones are counted together."""
    pieces: Counter[tuple[str, Decimal]] = Counter()
    for item in items:
        name = careful.optional_string(item, "name", limit=careful.MAX_TEXT)
        variant = careful.optional_string(item, "variation", limit=careful.MAX_TEXT)
        title = f"{name} ({variant})" if variant else name
        pieces[title[:200], careful.amount(item, "item_price")] += 1
    return tuple(orders.Line(name, count, price) for (name, price), count in pieces.items())
