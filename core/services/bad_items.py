"""Items that could not be read: kept once each, with the reason, for the dead-letter screen."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import select

from core.models import BadInboundItem, Channel
from core.tenancy.session import TenantSession

MAX_KEPT_CHARACTERS = 20_000


def keep_bad_item(session: TenantSession, channel: Channel, reason: str, raw: Any) -> None:
    """Keep `raw` under its digest; the same item again only raises its count."""
    text = _as_json(raw)
    digest = hashlib.sha256(text.encode()).hexdigest()
    row = session.scalar(
        select(BadInboundItem).where(
            BadInboundItem.channel_id == channel.id, BadInboundItem.digest == digest
        )
    )
    if row is not None:
        row.count += 1
    else:
        kept = json.loads(text) if len(text) <= MAX_KEPT_CHARACTERS else text[:MAX_KEPT_CHARACTERS]
        session.add(
            BadInboundItem(channel_id=channel.id, digest=digest, reason=reason[:300], raw=kept)
        )
    session.flush()


def _as_json(raw: Any) -> str:
    """`raw` as JSON that a column takes, whatever is in it."""
    try:
        return json.dumps(_storable(raw), sort_keys=True, default=str, allow_nan=False)
    except (ValueError, TypeError, RecursionError):  # bounds, odd keys, nesting, endless digits
        return json.dumps("(an item that can't be shown)")


def _storable(value: Any) -> Any:
    """PostgreSQL stores no null character and no half of a surrogate pair, in text or in JSON."""
    if isinstance(value, str):
        whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return whole.replace("\x00", "\N{SYMBOL FOR NULL}")
    if isinstance(value, dict):
        return {str(_storable(key)): _storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(item) for item in value]
    return value
