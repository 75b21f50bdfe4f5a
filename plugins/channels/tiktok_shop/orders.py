"""An order as the API tells it.

The buyer's `user_id` is another number than the `im_user_id` of the chat, and no call leads from
one to the other: an order's customer and a chat's stay two until a person merges them.
"""

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
from plugins.channels.tiktok_shop.calls import Json, call, versioned
from plugins.channels.tiktok_shop.errors import PAYLOAD

STAGES = {
    "UNPAID": OrderStage.PLACED,
    "ON_HOLD": OrderStage.PAID,
    "AWAITING_SHIPMENT": OrderStage.PAID,
    "PARTIALLY_SHIPPING": OrderStage.PAID,  # the rest is still here
    "AWAITING_COLLECTION": OrderStage.PAID,  # the carrier doesn't have it yet
    "IN_TRANSIT": OrderStage.SHIPPED,
    "DELIVERED": OrderStage.RECEIVED,
    "COMPLETED": OrderStage.RECEIVED,
    "CANCELLED": OrderStage.CANCELLED,
    "CANCEL": OrderStage.CANCELLED,  # as the webhook spells it
}


def fetch_order(account: Account, order_id: str, http: OutboundClient) -> ShopOrder:
    """Ask for one order. Raises SendFailed, OutcomeUnknown."""
    path = versioned(account, "order", "orders")
    found = call(account, http, "GET", path, query={"ids": order_id}, total=20.0)
    listed = found.get("orders")
    for document in listed if isinstance(listed, list) else []:
        if isinstance(document, dict) and str(document.get("id")) == order_id:
            try:
                careful.refuse_unstorable(document)
                return _order(document)
            except careful.Unreadable as error:
                raise SendFailed(PAYLOAD, "order", str(error)) from error
    raise SendFailed(PAYLOAD, "gone", say("TikTok Shop knows no order %(id)s.", id=order_id))


def _order(document: Json) -> ShopOrder:
    status = careful.string(document, "status", limit=60)
    stage = STAGES.get(status, OrderStage.UNKNOWN)
    is_paid = _is_paid(document, stage)
    if stage is OrderStage.PAID and not is_paid:
        stage = OrderStage.PLACED  # paid on delivery: being processed all the same
    payment = careful.optional_mapping(document, "payment")
    recipient = careful.optional_mapping(document, "recipient_address")
    return ShopOrder(
        id=careful.identifier(document, "id"),
        buyer=Address(IdentityKind.TIKTOK_BUYER, careful.identifier(document, "user_id")),
        stage=stage,
        status=status,
        is_paid=is_paid,
        total=careful.amount(payment, "total_amount"),
        currency=careful.optional_string(payment, "currency", limit=3) or "IDR",
        buyer_name=careful.optional_string(recipient, "name", limit=careful.MAX_TEXT),
        lines=_lines(careful.sequence(document, "line_items")),
        carrier=careful.optional_string(document, "shipping_provider"),
        tracking_number=careful.optional_string(document, "tracking_number"),
        note=careful.optional_string(document, "buyer_message", limit=careful.MAX_TEXT),
    )


def _is_paid(document: Json, stage: OrderStage) -> bool:
    paid_at = document.get("paid_time")
    if isinstance(paid_at, int) and not isinstance(paid_at, bool) and paid_at > 0:
        return True
    is_on = stage in (OrderStage.PAID, OrderStage.SHIPPED, OrderStage.RECEIVED)
    return is_on and document.get("is_cod") is not True


def _lines(items: list[Any]) -> tuple[orders.Line, ...]:
    """The products. Each item is one piece: equal ones are counted together."""
    pieces: Counter[tuple[str, Decimal]] = Counter()
    for item in items:
        if not isinstance(item, dict):
            raise careful.Unreadable("line_items holds what is no product.")
        name = careful.optional_string(item, "product_name", limit=careful.MAX_TEXT)
        variant = careful.optional_string(item, "sku_name", limit=careful.MAX_TEXT)
        title = f"{name} ({variant})" if variant and variant != "Default" else name
        pieces[title[:200], careful.amount(item, "sale_price")] += 1
    return tuple(orders.Line(name, count, price) for (name, price), count in pieces.items())
