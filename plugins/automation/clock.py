"""The present moment, as automation sees it: one place that a test can move."""

from __future__ import annotations

from datetime import datetime

from core.api import now as present


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return present()
