"""The weights that count now: a night's, or what is usual before the first one."""

from __future__ import annotations

import time
from weakref import WeakKeyDictionary

from sqlalchemy import func, select

from core.api import TenantSession
from plugins.merge.matching.models import MatchEntry, MatchModel
from plugins.merge.matching.weighing import Weighing, of_stored, usual

KEPT = 60.0
"""Seconds for which a process goes on with the weights it read: they change once a night."""
MOST_COUNTED = 20_000

_read: WeakKeyDictionary[object, dict[int, tuple[float, Weighing]]] = WeakKeyDictionary()


def current(session: TenantSession, *, fresh: bool = False) -> Weighing:
    """This tenant's weights."""
    own = _read.setdefault(session.database, {})
    known = own.get(session.tenant_id)
    if known is not None and not fresh and known[0] > time.monotonic():
        return known[1]
    weighing = _newest(session) or usual(count(session))
    own[session.tenant_id] = time.monotonic() + KEPT, weighing
    return weighing


def count(session: TenantSession) -> int:
    """How many contacts are compared, up to 20,000: until a night counts them all."""
    some = select(MatchEntry.contact_id).limit(MOST_COUNTED).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def newest(session: TenantSession) -> MatchModel | None:
    """The last estimation, for a person to look at."""
    return session.scalar(select(MatchModel).order_by(MatchModel.id.desc()).limit(1))


def _newest(session: TenantSession) -> Weighing | None:
    model = newest(session)
    return None if model is None else of_stored(model.weights)
