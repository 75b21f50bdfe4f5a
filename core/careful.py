"""Careful readers of what strangers send: the promised type, or Unreadable with a plain sentence.

Limits guard the store: a provider id or a name longer than any real one is no id or name.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

from core.words import say

MAX_DEPTH = 64
MAX_ID = 255
MAX_NAME = 200
MAX_TEXT = 65_536

EARLIEST = datetime(2009, 1, 1, tzinfo=UTC).timestamp()  # before any messenger that we speak to
LATEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp()  # milliseconds read as seconds end up later


class Unreadable(ValueError):
    """One item can't be read."""


def mapping(parent: dict[str, Any], key: str) -> dict[str, Any]:
    """A required object."""
    value = parent.get(key)
    if not isinstance(value, dict):
        raise Unreadable(say("%(key)s is missing or not an object.", key=key))
    return value


def optional_mapping(parent: dict[str, Any], key: str) -> dict[str, Any]:
    """An object that may be absent or null: then an empty one."""
    return {} if parent.get(key) is None else mapping(parent, key)


def sequence(parent: dict[str, Any], key: str) -> list[Any]:
    """A list that may be absent or null: then an empty one."""
    value = parent.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise Unreadable(say("%(key)s is not a list.", key=key))
    return value


def string(parent: dict[str, Any], key: str, *, limit: int = MAX_ID) -> str:
    """A required, non-empty string."""
    value = optional_string(parent, key, limit=limit)
    if not value:
        raise Unreadable(say("%(key)s is missing.", key=key))
    return value


def optional_string(parent: dict[str, Any], key: str, *, limit: int = MAX_ID) -> str:
    """A string that may be absent or null: then an empty one."""
    value = parent.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unreadable(say("%(key)s is not a text.", key=key))
    if len(value) > limit:
        raise Unreadable(say("%(key)s is longer than %(limit)s characters.", key=key, limit=limit))
    return value


def unix_moment(parent: dict[str, Any], key: str = "timestamp") -> datetime:
    """Unix seconds, as a number or as its digits, in UTC."""
    value = parent.get(key)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 12:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unreadable(say("%(key)s is not a time in seconds.", key=key))
    if not EARLIEST <= value < LATEST:
        raise Unreadable(
            say("%(key)s is no time at which a message could have been written.", key=key)
        )
    return datetime.fromtimestamp(value, UTC)


def decode(body: bytes) -> Any:
    """The JSON of a body; raises ValueError also for what is nested too deeply, and for NaN."""
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError(say("It is nested too deeply.")) from error


def refuse_unstorable(value: Any) -> None:
    """Raise Unreadable for what no database column takes: null bytes, lone surrogates, infinities.

    PostgreSQL refuses U+0000 in text and in jsonb, and the driver can't encode half a surrogate
    pair: stored blindly, one such message would block its whole batch. Walks without recursion.
    """
    stack = [(value, 0)]
    while stack:
        node, depth = stack.pop()
        if depth > MAX_DEPTH:
            raise Unreadable(
                say("It is nested deeper than %(max_depth)s levels.", max_depth=MAX_DEPTH)
            )
        if isinstance(node, str):
            _refuse_text(node)
        elif isinstance(node, dict):
            for key, child in node.items():
                _refuse_text(key)
                stack.append((child, depth + 1))
        elif isinstance(node, list):
            stack.extend((child, depth + 1) for child in node)
        elif isinstance(node, float) and not math.isfinite(node):
            raise Unreadable(say("It holds a number without bounds."))


def _refuse_text(text: str) -> None:
    if "\x00" in text:
        raise Unreadable(say("It holds a null byte."))
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise Unreadable(say("It holds half a character (a lone surrogate).")) from None


def keepable(raw: Any) -> Any:
    """`raw` as it can be stored: itself, or its JSON text where a column would refuse it."""
    try:
        refuse_unstorable(raw)
    except Unreadable:
        try:
            return json.dumps(raw)
        except RecursionError:
            return "(nested too deeply to keep)"
    return raw


def _refuse_constant(name: str) -> None:
    raise ValueError(say("%(name)s is not JSON", name=name))
