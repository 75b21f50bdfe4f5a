"""How long a provider asks us to wait."""

from __future__ import annotations

import contextlib
from typing import Any

LONGEST = 86_400.0


def asked_pause(response: Any, stated: Any = None) -> float | None:
    """Seconds: `stated` in the provider's own answer, else in a Retry-After header.

    None where neither is a number of seconds within a day. The header's other form, a date, is left
    to the usual back-off.
    """
    given = stated if stated is not None else response.headers.get("retry-after")
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        seconds = float(given)
        if 0 <= seconds <= LONGEST:
            return seconds
    return None
