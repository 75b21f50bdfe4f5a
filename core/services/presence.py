"""Who is there: what a person says of themselves, as long as a page of theirs gives signs of life.

The row is the truth, so that every process and every worker sees the same.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import or_, update

from core.events import AgentChanged, publish
from core.jobs.failure import describe
from core.live import tell
from core.models import Membership, Presence
from core.models.base import now
from core.tenancy.session import TenantSession

if TYPE_CHECKING:
    from core.desk import Desk

log = logging.getLogger(__name__)

SIGN_EVERY = 30.0  # seconds; a stream's ping is the clock
TIMEOUT = timedelta(seconds=120)
"""Longer than a hidden tab is silent: browsers let it ask once a minute."""


def presence_of(member: Membership, at: datetime | None = None) -> Presence:
    """How a member stands at a moment."""
    return stands(member.presence, member.seen_at, at or now())


def stands(chosen: Presence, seen_at: datetime | None, at: datetime) -> Presence:
    """How somebody stands who chose `chosen` and whose page last gave a sign at `seen_at`."""
    return Presence.OFFLINE if seen_at is None or seen_at <= at - TIMEOUT else chosen


def choose(session: TenantSession, member: Membership, presence: Presence) -> None:
    """A person says how they stand. They are here: they said so."""
    member.presence = presence
    member.seen_at = now()
    session.flush()
    _tell(session, member.id)


def saw(session: TenantSession, member_id: int) -> None:
    """A page of theirs is open. Coming back after a silence is news."""
    present = now()
    silent = or_(Membership.seen_at.is_(None), Membership.seen_at <= present - TIMEOUT)
    mine = update(Membership).where(Membership.id == member_id, Membership.is_active.is_(True))
    quietly = {"synchronize_session": False}
    came = session.execute(
        mine.where(silent).values(seen_at=present, updated_at=Membership.updated_at),
        execution_options=quietly,
    )
    if came.rowcount:  # type: ignore[attr-defined]  # an UPDATE's result counts
        _tell(session, member_id)
        return
    session.execute(
        mine.values(seen_at=present, updated_at=Membership.updated_at), execution_options=quietly
    )


def _tell(session: TenantSession, member_id: int) -> None:
    publish(session, AgentChanged(member_id=member_id))
    tell(session, "agent", member=member_id)


class SignsOfLife:
    """Writes at most one sign a person and half a minute, however many pages they have open."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[tuple[int, int], float] = {}

    def of(self, desk: Desk, tenant_id: int, member_id: int | None) -> None:
        """A page of the member's gave a sign; a token's (None) is nobody's. Never raises."""
        if member_id is None:
            return
        key, present = (tenant_id, member_id), time.monotonic()
        with self._lock:
            if present - self._last.get(key, -SIGN_EVERY) < SIGN_EVERY:
                return
            self._last[key] = present
        try:
            with desk.database.tenant(tenant_id) as session:
                saw(session, member_id)
        except Exception as error:  # the page goes on; the next sign comes soon
            log.warning("A sign of life could not be written: %s", describe(error))
