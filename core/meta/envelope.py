"""The outside of a webhook body of Meta's: `object`, `entry[]`, and lists in lists below.

Meta batches. Readers that look at the first element only lose the rest without a trace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from core import careful
from core.adapter import MalformedBody
from core.careful import Unreadable, keepable, refuse_unstorable
from core.inbound import BadItem, Item
from core.words import say


def load(body: bytes, what: str) -> dict[str, Any]:
    """Decode a body whose `object` is `what`; raises MalformedBody with the reason."""
    try:
        document = careful.decode(body)
    except ValueError as error:
        raise MalformedBody(say("The body is not JSON that can be read.")) from error
    if not isinstance(document, dict) or document.get("object") != what:
        raise MalformedBody(say('The body is not an object of "%(what)s".', what=what))
    if not isinstance(document.get("entry"), list):
        raise MalformedBody(say("The body has no list of entries."))
    return document


def entries(
    body: bytes, what: str, read: Callable[[dict[str, Any]], Iterable[Item]]
) -> Iterator[Item]:
    """Yield what `read` makes of each entry. What can't be read is a BadItem and harms nothing."""
    try:
        document = load(body, what)
    except MalformedBody as error:
        yield BadItem(str(error), keepable(body.decode("utf-8", "replace")))
        return
    for entry in document["entry"]:
        yield from _guarded(entry, read)


def each(
    parent: dict[str, Any],
    key: str,
    read: Callable[[dict[str, Any]], Iterable[Item]],
    *,
    is_whole: bool = True,
) -> Iterator[Item]:
    """Yield the items of a list. With `is_whole` an element is read whole or not at all."""

    def whole(item: dict[str, Any]) -> list[Item]:
        refuse_unstorable(item)
        return list(read(item))

    elements = parent.get(key)
    if elements is None:
        return
    if not isinstance(elements, list):
        yield BadItem(say("%(key)s is not a list.", key=key), keepable(elements))
        return
    for element in elements:
        yield from _guarded(element, whole if is_whole else read)


def _guarded(raw: Any, read: Callable[[dict[str, Any]], Iterable[Item]]) -> Iterator[Item]:
    """Yield what `read` makes of one object, and a BadItem in its place when it can't."""
    try:
        if not isinstance(raw, dict):
            raise Unreadable(say("It is not an object."))
        yield from read(raw)
    except Unreadable as error:
        yield BadItem(str(error), keepable(raw))
