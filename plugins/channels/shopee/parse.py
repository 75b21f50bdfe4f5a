"""A push of Shopee's: one event each, dispatched by its code.

Source: the Open Platform's Push Mechanism pages; the chat's shape from published pushes of others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
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
from plugins.channels.shopee.messages import read_message


@dataclass(frozen=True)
class Push:
    """One push: whose, of which code, and what it holds."""

    account: Account
    code: int
    at: datetime
    data: dict[str, Any]


def load(body: bytes) -> dict[str, Any]:
    """Decode a body of Shopee's shape; raises MalformedBody with the reason."""
    try:
        document = careful.decode(body)
    except ValueError as error:
        raise MalformedBody("The body is not JSON that can be read.") from error
    code = document.get("code") if isinstance(document, dict) else None
    if not isinstance(code, int) or isinstance(code, bool):
        raise MalformedBody("The body has no code of a push.")
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
        yield from list(_read(account, document))
    except careful.Unreadable as error:
        yield BadItem(str(error), careful.keepable(document.get("data")))


def _read(account: Account, document: dict[str, Any]) -> Iterator[Item]:
    """The signature proves the app, not the shop: another shop's pushes are only counted."""
    shop, code = document.get("shop_id"), document["code"]
    if shop is not None and str(shop) != str(account.settings.get("shop_id", "")):
        yield Counted("other_shop")
        return
    if code == 0:
        yield Counted("test")
        return
    if shop is None:
        raise careful.Unreadable("The push names no shop.")
    push = Push(
        account,
        code,
        careful.unix_moment(document, "timestamp"),
        careful.mapping(document, "data"),
    )
    read = CODES.get(code)
    if read is not None:
        yield from read(push)
    elif push.data.get("ordersn") or push.data.get("order_sn"):
        yield from _order(push)  # tracking number, documents, return: all of an order
    else:
        yield Counted(f"push {code}"[:40])


def _chat(push: Push) -> Iterator[Item]:
    """`type` says message or notification; several messages in one push come as a list."""
    if push.data.get("type") == "notification":
        yield Counted("notification")
        return
    content = push.data.get("content")
    if isinstance(content, str):
        try:
            content = careful.decode(content.encode("utf-8", "replace"))
        except ValueError as error:
            raise careful.Unreadable("content is not JSON.") from error
        careful.refuse_unstorable(content)
    for each in content if isinstance(content, list) else [content]:
        try:
            if not isinstance(each, dict):
                raise careful.Unreadable("content is no message.")
            yield read_message(push.account, each, push.at)
        except careful.Unreadable as error:
            yield BadItem(str(error), careful.keepable(each))


def _order(push: Push) -> Iterator[Item]:
    key = "ordersn" if push.data.get("ordersn") else "order_sn"
    yield OrderPushed(
        order_id=careful.string(push.data, key),
        at=push.at,
        status=careful.optional_string(push.data, "status", limit=60),
    )


def _deauthorised(push: Push) -> Iterator[Item]:
    reason = say("The seller has withdrawn the app's access: authorise the shop again.")
    yield ChannelChanged("deauthorised", reason, push.at, is_down=True)


def _ending(push: Push) -> Iterator[Item]:
    reason = say("The shop's authorisation ends soon: authorise it again.")
    yield ChannelChanged("authorisation", reason, push.at, is_bad=True)


CODES: dict[int, Callable[[Push], Iterator[Item]]] = {
    2: _deauthorised,
    3: _order,
    4: _order,
    10: _chat,
    12: _ending,
}
