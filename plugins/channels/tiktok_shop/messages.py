"""A message in a conversation: who wrote it, what it holds, and where it stands.

A conversation has one buyer. Its id is the address: replies go to it, and the shop's own messages
name nobody else.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from core.api import (
    Address,
    Counted,
    IdentityKind,
    InboundMessage,
    Item,
    Media,
    MessageKind,
    careful,
    say,
)

BUYER = "BUYER"
OURS = frozenset({"SHOP", "CUSTOMER_SERVICE", "ROBOT"})
NOTICES = frozenset(
    {
        "ALLOCATED_SERVICE",
        "NOTIFICATION",
        "BUYER_ENTER_FROM_TRANSFER",
        "BUYER_ENTER_FROM_PRODUCT",
        "BUYER_ENTER_FROM_ORDER",
    }
)
"""What TikTok writes into a conversation by itself: nobody waits for an answer."""

CARDS = {
    "PRODUCT_CARD": (say("Shared product %(id)s"), "product_id"),
    "ORDER_CARD": (say("Shared order %(id)s"), "order_id"),
    "LOGISTICS_CARD": (say("Shipment of order %(id)s"), "order_id"),
    "COUPON_CARD": (say("Shared coupon %(id)s"), "coupon_id"),
    "RETURN_REFUND_CARD": (say("Return of order %(id)s"), "order_id"),
}
FILES = {"IMAGE": MessageKind.IMAGE, "VIDEO": MessageKind.VIDEO}
ID = re.compile(r"[0-9]{1,40}")


def read_message(data: dict[str, Any], told_at: datetime) -> Item:
    """What one message means. Raises careful.Unreadable."""
    sender = careful.mapping(data, "sender")
    role = careful.string(sender, "role", limit=40)
    kind = careful.string(data, "type", limit=40)
    if role not in OURS and role != BUYER:
        return Counted("system")
    if kind in NOTICES or data.get("is_visible") is False:
        return Counted("notice")
    conversation = _conversation(data)
    shown, text, media = _content(data, kind)
    return InboundMessage(
        provider_id=careful.identifier(data, "message_id"),
        addresses=(Address(IdentityKind.TIKTOK_IM, conversation),),
        kind=shown,
        sent_at=careful.unix_moment(data, "create_time") if data.get("create_time") else told_at,
        text=text,
        media=media,
        is_echo=role in OURS,
        order=_place(data),
        raw=data if shown is MessageKind.PLACEHOLDER else {},
    )


def _content(data: dict[str, Any], kind: str) -> tuple[MessageKind, str, tuple[Media, ...]]:
    if kind not in FILES and kind not in CARDS and kind != "TEXT":
        return MessageKind.PLACEHOLDER, "", ()
    content = _decoded(data)
    if kind == "TEXT":
        return MessageKind.TEXT, careful.string(content, "content", limit=careful.MAX_TEXT), ()
    if kind in FILES:
        url = careful.string(content, "url", limit=4096)
        return FILES[kind], "", (Media(FILES[kind], url=url, mime_type=_mime(content, kind)),)
    words, key = CARDS[kind]
    return MessageKind.PLACEHOLDER, say(words, id=careful.identifier(content, key)), ()


def _decoded(data: dict[str, Any]) -> dict[str, Any]:
    """`content` is JSON in a string."""
    try:
        found = careful.decode(
            careful.string(data, "content", limit=2 * careful.MAX_TEXT).encode("utf-8", "replace")
        )
    except careful.Unreadable:
        raise
    except ValueError as error:
        raise careful.Unreadable(say("%(key)s is not JSON.", key="content")) from error
    if not isinstance(found, dict):
        raise careful.Unreadable(say("%(key)s is missing or not an object.", key="content"))
    careful.refuse_unstorable(found)
    return found


def _mime(content: dict[str, Any], kind: str) -> str:
    if kind == "IMAGE":
        return ""
    form = content.get("format")
    return f"video/{form}" if isinstance(form, str) and re.fullmatch(r"[a-z0-9]{1,8}", form) else ""


def _conversation(data: dict[str, Any]) -> str:
    found = careful.identifier(data, "conversation_id")
    if not ID.fullmatch(found):
        raise careful.Unreadable(say("%(key)s is not an id.", key="conversation_id"))
    return found


def _place(data: dict[str, Any]) -> int:
    """`index`, a number in a string: newer messages have larger ones."""
    index = data.get("index")
    if isinstance(index, int) and not isinstance(index, bool):
        return max(index, 0)
    is_number = isinstance(index, str) and index.isascii() and index.isdigit() and len(index) < 20
    return int(index) if isinstance(index, str) and is_number else 0
