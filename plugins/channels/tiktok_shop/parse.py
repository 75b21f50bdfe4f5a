"""A webhook body of TikTok Shop's: one event each, dispatched by its number.

Source: the Partner Center's webhook pages, and the models of the `tiktok-shop-api` client.
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
from plugins.channels.tiktok_shop.messages import read_message


@dataclass(frozen=True)
class Event:
    """One event: of which number, and what it holds."""

    number: int
    at: datetime
    data: dict[str, Any]


def load(body: bytes) -> dict[str, Any]:
    """Decode a body of TikTok Shop's shape; raises MalformedBody with the reason."""
    try:
        document = careful.decode(body)
    except ValueError as error:
        raise MalformedBody("The body is not JSON that can be read.") from error
    number = document.get("type") if isinstance(document, dict) else None
    if not isinstance(number, int) or isinstance(number, bool):
        raise MalformedBody("The body has no number of an event.")
    assert isinstance(document, dict)  # noqa: S101 - for the type checker
    return document


def parse(account: Account, body: bytes) -> Iterator[Item]:
    """Yield what one event means. What can't be read is a BadItem."""
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
    """The signature proves the app, not the shop: another shop's events are only counted."""
    shop = document.get("shop_id")
    if shop is None:
        raise careful.Unreadable("The event names no shop.")
    if str(shop) != str(account.settings.get("shop_id", "")):
        return Counted("other_shop")
    event = Event(
        document["type"],
        careful.unix_moment(document, "timestamp"),
        careful.mapping(document, "data"),
    )
    read = EVENTS.get(event.number)
    if read is not None:
        return read(event)
    if event.data.get("order_id") is not None:  # return, cancellation, address: all of an order
        return _order(event)
    return Counted(f"event {event.number}"[:40])


def _message(event: Event) -> Item:
    return read_message(event.data, event.at)


def _order(event: Event) -> Item:
    return OrderPushed(
        order_id=careful.identifier(event.data, "order_id"),
        at=event.at,
        status=careful.optional_string(event.data, "order_status", limit=60),
    )


def _conversation(event: Event) -> Item:
    """An agent joined or left: nothing that anybody wrote."""
    return Counted("conversation")


def _deauthorised(event: Event) -> Item:
    reason = say("The seller has withdrawn the app's access: authorise the shop again.")
    return ChannelChanged("deauthorised", reason, event.at, is_down=True)


def _ending(event: Event) -> Item:
    reason = say("The shop's authorisation ends within 30 days: authorise it again.")
    return ChannelChanged("authorisation", reason, event.at, is_bad=True)


EVENTS: dict[int, Callable[[Event], Item]] = {
    1: _order,
    6: _deauthorised,
    7: _ending,
    13: _conversation,
    14: _message,
}
