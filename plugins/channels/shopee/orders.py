"""An order as the API tells it. Its buyer is the user of the chat, by the same number."""

from __future__ import annotations

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
from plugins.channels.shopee.calls import Json, call, response_of
from plugins.channels.shopee.errors import PAYLOAD

STAGES = {
    "UNPAID": OrderStage.PLACED,
    "PENDING": OrderStage.PLACED,
    "INVOICE_PENDING": OrderStage.PAID,
    "READY_TO_SHIP": OrderStage.PAID,
    "RETRY_SHIP": OrderStage.PAID,
    "PROCESSED": OrderStage.PAID,  # shipment arranged: the carrier doesn't have it yet
    "IN_CANCEL": OrderStage.PAID,  # asked for, and may be turned down
    "SHIPPED": OrderStage.SHIPPED,
    "TO_CONFIRM_RECEIVE": OrderStage.SHIPPED,
    "TO_RETURN": OrderStage.RECEIVED,
    "COMPLETED": OrderStage.RECEIVED,
    "CANCELLED": OrderStage.CANCELLED,
}
WANTED = (
    "buyer_user_id,buyer_username,item_list,total_amount,pay_time,shipping_carrier,"
    "package_list,note,cod"
)
"""Fields that come only when they are asked for."""


def fetch_order(account: Account, order_id: str, http: OutboundClient) -> ShopOrder:
    """Ask for one order, and once it left for its tracking number. Raises SendFailed,
    OutcomeUnknown."""
    query = {"order_sn_list": order_id, "response_optional_fields": WANTED}
    answer = call(account, http, "GET", "order/get_order_detail", query=query, total=20.0)
    found = response_of(answer)
    listed = found.get("order_list")
    for document in listed if isinstance(listed, list) else []:
        if isinstance(document, dict) and document.get("order_sn") == order_id:
            try:
                careful.refuse_unstorable(document)
                status = careful.string(document, "order_status", limit=60)
                stage = STAGES.get(status, OrderStage.UNKNOWN)
                is_off = stage in (OrderStage.SHIPPED, OrderStage.RECEIVED)
                tracking = _tracking(account, order_id, http) if is_off else ""
                return _order(document, status, stage, tracking)
            except careful.Unreadable as error:
                raise SendFailed(PAYLOAD, "order", str(error)) from error
    raise SendFailed(PAYLOAD, "gone", say("Shopee knows no order %(id)s.", id=order_id))


def _tracking(account: Account, order_id: str, http: OutboundClient) -> str:
    """The carrier's number; "" where there is none, as for what a seller brings himself."""
    try:
        query = {"order_sn": order_id}
        path = "logistics/get_tracking_number"
        answer = call(account, http, "GET", path, query=query, total=20.0)
    except SendFailed as error:
        if error.error_class == PAYLOAD:
            return ""
        raise
    return careful.optional_string(response_of(answer), "tracking_number")


def _order(document: Json, status: str, stage: OrderStage, tracking: str) -> ShopOrder:
    is_paid = _is_paid(document, stage)
    if stage is OrderStage.PAID and not is_paid:
        stage = OrderStage.PLACED  # paid on delivery: being processed all the same
    return ShopOrder(
        id=careful.string(document, "order_sn"),
        buyer=Address(IdentityKind.SHOPEE_USER, careful.identifier(document, "buyer_user_id")),
        stage=stage,
        status=status,
        is_paid=is_paid,
        total=careful.amount(document, "total_amount"),
        currency=careful.optional_string(document, "currency", limit=3) or "IDR",
        buyer_name=careful.optional_string(document, "buyer_username"),
        lines=_lines(document),
        carrier=careful.optional_string(document, "shipping_carrier"),
        tracking_number=tracking,
        note=careful.optional_string(document, "message_to_seller", limit=careful.MAX_TEXT),
    )


def _is_paid(document: Json, stage: OrderStage) -> bool:
    paid_at = document.get("pay_time")
    if isinstance(paid_at, int) and not isinstance(paid_at, bool) and paid_at > 0:
        return True
    is_on = stage in (OrderStage.PAID, OrderStage.SHIPPED, OrderStage.RECEIVED)
    return is_on and document.get("cod") is not True


def _lines(document: Json) -> tuple[orders.Line, ...]:
    found = []
    for item in careful.sequence(document, "item_list"):
        if not isinstance(item, dict):
            raise careful.Unreadable("item_list holds what is no product.")
        name = careful.optional_string(item, "item_name", limit=careful.MAX_TEXT)
        variant = careful.optional_string(item, "model_name", limit=careful.MAX_TEXT)
        count = item.get("model_quantity_purchased")
        is_count = isinstance(count, int) and not isinstance(count, bool)
        found.append(
            orders.Line(
                f"{name} ({variant})" if variant else name,
                count if isinstance(count, int) and is_count else 1,
                careful.amount(item, "model_discounted_price"),
            )
        )
    return tuple(found)
