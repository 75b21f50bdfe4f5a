"""Times as GOWA writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from core.api import careful

EARLIEST = datetime(2009, 1, 1, tzinfo=UTC)  # WhatsApp did not exist before
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


def moment(parent: dict[str, Any], key: str = "timestamp") -> datetime:
    """RFC 3339 with its zone, as UTC. Raises careful.Unreadable."""
    text = careful.string(parent, key, limit=40)
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise careful.Unreadable(f"{key} is no time.") from error
    if at.tzinfo is None or at.utcoffset() is None:
        raise careful.Unreadable(f"{key} has no time zone.")
    try:
        at = at.astimezone(UTC)
    except OverflowError as error:
        raise careful.Unreadable(f"{key} is no time.") from error
    if not EARLIEST <= at < LATEST:
        raise careful.Unreadable(f"{key} is no time at which a message could have been written.")
    return at
