"""A push of Lazada's: one event each, dispatched by its `message_type`.

Source: the Open Platform's "Lazada Push Mechanism" for orders; a chat message has the shape of one
in `/im/message/list`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.api import (
    Account,
    BadItem,
    ChannelChanged,
    Counted,
    Item,
    MalformedBody,
    OrderPushed,
    careful,
    say,
)
from plugins.channels.lazada.messages import read_message
from plugins.channels.lazada.moments import moment
from plugins.channels.lazada.settings import DEFAULT_IM_TYPES

SESSION = 19
ENDING = 8
"""The seller's authorisation ends."""


def load(body: bytes) -> dict[str, Any]:
    """Decode a body of Lazada's shape; raises MalformedBody with the reason."""
    try:
        document = careful.decode(body)
    except ValueError as error:
        raise MalformedBody("The body is not JSON that can be read.") from error
    number = document.get("message_type") if isinstance(document, dict) else None
    if not isinstance(number, int) or isinstance(number, bool):
        raise MalformedBody("The body has no message_type.")
    assert isinstance(document, dict)  # noqa: S101 - for the type checker
    return document


def parse(account: Account, body: bytes) -> Iterator[Item]:
    """Yield what one push means. What can't be read is a BadItem."""
    try:
        document = load(body)
    except MalformedBody as error:
        yield BadItem(str(error), careful.keepable(body.decode("utf-8", "replace")))
        return
    try:
        careful.refuse_unstorable(document)
        yield _read(account, document)
    except careful.Unreadable as error:
        yield BadItem(str(error), careful.keepable(document.get("data")))


def _read(account: Account, document: dict[str, Any]) -> Item:
    """The signature proves the app, not the shop: another shop's pushes are only counted."""
    seller, number = document.get("seller_id"), document["message_type"]
    if seller is None:
        raise careful.Unreadable("The push names no seller.")
    if str(seller) != str(account.settings.get("seller_id", "")):
        return Counted("other_shop")
    chats = str(account.settings.get("im_types") or DEFAULT_IM_TYPES).split()
    at = moment(document, "timestamp")
    data = careful.mapping(document, "data")
    if str(number) in chats:
        return read_message(account, data, at)
    if number == SESSION:
        return Counted("session")
    if data.get("trade_order_id"):
        return OrderPushed(
            order_id=careful.identifier(data, "trade_order_id"),
            at=at,
            status=careful.optional_string(data, "order_status", limit=60),
        )
    if number == ENDING:
        reason = say("The shop's authorisation ends soon: authorise it again.")
        return ChannelChanged("authorisation", reason, at, is_bad=True)
    return Counted(f"push {number}"[:40])
