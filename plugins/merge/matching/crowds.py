"""Counting anew which keys are crowded: blocks grow and shrink between the nights."""

from __future__ import annotations

from sqlalchemy import delete, func, select

from core.api import TenantSession, insert_unnamed
from plugins.merge.matching.keeping import MOST
from plugins.merge.matching.models import MatchCrowd, MatchKey

AT_ONCE = 2000


def recount(session: TenantSession) -> int:
    """Write the crowded keys of a tenant; how many there are. Reads the keys once, in order."""
    session.execute(delete(MatchCrowd).execution_options(synchronize_session=False))
    written = 0
    for kind, most in MOST.items():
        crowded = session.execute(
            select(MatchKey.key, func.count())
            .where(MatchKey.key >= f"{kind}:", MatchKey.key < f"{kind};")
            .group_by(MatchKey.key)
            .having(func.count() > most)
        ).all()
        for start in range(0, len(crowded), AT_ONCE):
            insert_unnamed(
                session,
                MatchCrowd,
                [{"key": key, "size": size} for key, size in crowded[start : start + AT_ONCE]],
                skip_known=True,
            )
        written += len(crowded)
    return written
