"""What actions of several kinds share: reading a chosen row, and one step that is told simply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from core.api import Refused, TenantMixin, TenantSession, say

R = TypeVar("R", bound=TenantMixin)


def chosen(
    session: TenantSession, kind: type[R], values: Mapping[str, Any], name: str, words: Any
) -> R:
    """The row whose id stands under `name`. Refused with `words` where there is none."""
    raw = str(values.get(name) or "")
    row = session.get(kind, int(raw)) if raw.isascii() and raw.isdigit() and len(raw) < 10 else None
    if row is None or getattr(row, "archived_at", None) is not None:
        raise Refused(words, name)
    return row


def name_of(
    session: TenantSession, kind: type[TenantMixin], values: Mapping[str, Any], name: str
) -> str:
    """What the chosen row is called; `…` where it is gone or isn't chosen yet."""
    try:
        return str(chosen(session, kind, values, name, say("Choose one.")))
    except Refused:
        return "…"


def whole(values: Mapping[str, Any], name: str, least: int, most: int) -> int:
    """A whole number in bounds. Refused, with the field."""
    raw = str(values.get(name) or "").strip()
    if not (raw.isascii() and raw.isdigit() and len(raw) < 8 and least <= int(raw) <= most):
        raise Refused(
            say("Give a whole number from %(least)s to %(most)s.", least=least, most=most), name
        )
    return int(raw)
