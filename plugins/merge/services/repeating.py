"""A request that is sent twice is done once: the same key answers with the same event."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import select

from core.api import Conflict, MergeEvent, Refused, TenantSession, say

LONGEST_KEY = 100


def digest_of(**asked: Any) -> str:
    """What was asked for, as a fingerprint: the same key for something else is a mistake."""
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def done_before(session: TenantSession, key: str | None, request: str) -> MergeEvent | None:
    """The event that this key stands for. Refused: too long; Conflict: it was another request."""
    if not key:
        return None
    if len(key) > LONGEST_KEY:
        raise Refused(
            say("Use a key of at most %(most)s characters.", most=LONGEST_KEY), "idempotency_key"
        )
    event = session.scalar(select(MergeEvent).where(MergeEvent.idempotency_key == key))
    if event is not None and event.request != request:
        raise Conflict(
            say("This key was used for something else: take a new one."), "idempotency_key"
        )
    return event
