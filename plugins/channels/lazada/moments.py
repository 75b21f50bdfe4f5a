"""Times as Lazada writes them: in milliseconds, on some pushes in seconds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from core.api import careful

FEWEST_MILLISECONDS = 10**11  # as seconds that is the year 5138


def moment(parent: dict[str, Any], key: str) -> datetime:
    """A number or its digits, in UTC. Raises careful.Unreadable."""
    value = parent.get(key)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 16:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= FEWEST_MILLISECONDS:
        value //= 1000
    return careful.unix_moment({key: value}, key)
