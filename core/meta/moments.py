"""Times as the Messenger Platform writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from core.careful import EARLIEST, LATEST, Unreadable
from core.words import say


def moment(parent: dict[str, Any], key: str = "timestamp") -> datetime:
    """Unix milliseconds, as a number or as digits, in UTC."""
    value = parent.get(key)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 15:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unreadable(say("%(key)s is not a time in milliseconds.", key=key))
    if not EARLIEST <= value / 1000 < LATEST:
        raise Unreadable(
            say("%(key)s is no time at which a message could have been written.", key=key)
        )
    return datetime.fromtimestamp(value / 1000, UTC)
