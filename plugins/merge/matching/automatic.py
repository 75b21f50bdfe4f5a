"""Where merging by itself is switched on, and what it did."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from core.api import MergeEvent, MergeKind, TenantSession
from plugins.merge.matching.finding import Found
from plugins.merge.matching.policy import merge_what_is_certain
from plugins.merge.settings import settings_of


def merge_where_on(session: TenantSession, found: list[Found]) -> list[MergeEvent]:
    """Merge what is certain, where the tenant asked for that."""
    if not found or not is_on(session):
        return []
    return merge_what_is_certain(session, found)


def is_on(session: TenantSession) -> bool:
    """Whether this tenant lets equal verified addresses merge by themselves (E12)."""
    return settings_of(session).merge_verified


def merged_since(session: TenantSession, since: datetime) -> list[MergeEvent]:
    """What merged by itself, the newest first; undone ones too."""
    return list(
        session.scalars(
            select(MergeEvent)
            .where(
                MergeEvent.is_automatic.is_(True),
                MergeEvent.kind == MergeKind.MERGE,
                MergeEvent.at >= since,
            )
            .order_by(MergeEvent.id.desc())
            .limit(500)
        )
    )
