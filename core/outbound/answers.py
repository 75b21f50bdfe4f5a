"""Reading a provider's answer."""

from __future__ import annotations

from typing import Any

import httpx


def json_object(answer: httpx.Response) -> dict[str, Any] | None:
    """The answer's JSON object; None for anything else, nested too deeply too."""
    try:
        found = answer.json()
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
