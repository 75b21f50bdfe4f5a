"""Reading a provider's answer: its JSON, and when it wants to be asked again."""

from __future__ import annotations

import contextlib
from typing import Any

import httpx

LONGEST_PAUSE = 86_400.0


def json_object(answer: httpx.Response) -> dict[str, Any] | None:
    """The answer's JSON object; None for anything else, nested too deeply too."""
    try:
        found = answer.json()
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def retry_after(answer: httpx.Response) -> float | None:
    """Seconds of a Retry-After header. Its other form, a date, is left to our own back-off."""
    with contextlib.suppress(ValueError, OverflowError):
        seconds = float(answer.headers.get("retry-after") or "")
        if 0 <= seconds <= LONGEST_PAUSE:
            return seconds
    return None
