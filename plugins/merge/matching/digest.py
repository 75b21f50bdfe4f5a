"""The daily digest: how many merged by themselves, told each morning of the tenant's clock.

A merge counts itself into the row of the next morning, and the first one writes that morning's job:
no clock goes around among tenants that merge nothing. The count is taken in the transaction of its
merges and told in that of the job, so that restarts neither lose nor repeat a merge.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from core.api import (
    NoticeLevel,
    TenantSession,
    enqueue,
    insert_unnamed,
    job,
    notices,
    now,
    say,
    say_many,
    tenant_of,
)
from plugins.merge.matching.models import MergeDigest
from plugins.merge.settings import settings_of

NOTICE = "merge.digest"
PAGE = "/merge/suggestions/automatic"
SHOWN = timedelta(days=7)
"""How far back the page goes that a digest leads to."""


def announce(session: TenantSession, merges: int) -> None:
    """Count merges into the next digest. Last in its transaction: others wait for the row."""
    if not merges:
        return
    zone, hour = tenant_of(session).time_zone, settings_of(session).digest_hour
    due_at = next_morning(now(), zone, hour)
    while not _count(session, due_at, merges):
        if _begin(session, due_at):
            continue
        due_at = next_morning(due_at, zone, hour)  # told already, by a clock ahead of ours


def _begin(session: TenantSession, due_at: datetime) -> bool:
    """The row of a morning and its job; False where it was there."""
    known = select(MergeDigest.id).where(MergeDigest.due_at == due_at)
    if session.scalar(known) is not None:
        return False
    insert_unnamed(session, MergeDigest, [{"due_at": due_at, "merges": 0}], skip_known=True)
    enqueue(
        session,
        "merge.digest",
        {"due_at": due_at.isoformat()},
        lane="merge.digest",
        due_at=due_at,
    )
    return True


def next_morning(moment: datetime, time_zone: str, hour: int) -> datetime:
    """The first `hour` o'clock after `moment` on the clock of a place."""
    zone = ZoneInfo(time_zone)
    here = moment.astimezone(zone)
    morning = here.replace(hour=hour, minute=0, second=0, microsecond=0, fold=0)
    if morning <= here:
        morning += timedelta(days=1)  # on the wall's clock: 23 or 25 hours where it is set
    return morning.astimezone(moment.tzinfo)


@job("merge.digest", stale_after=SHOWN)
def digest(session: TenantSession, payload: Mapping[str, Any]) -> None:
    """Tell the administrators. A second job for the same morning finds that it is told."""
    due_at = datetime.fromisoformat(payload["due_at"])
    merges = session.scalar(
        update(MergeDigest)
        .where(MergeDigest.due_at == due_at, MergeDigest.told_at.is_(None))
        .values(told_at=now())
        .returning(MergeDigest.merges)
        .execution_options(synchronize_session=False)
    )
    if not merges:
        return
    day = due_at.astimezone(ZoneInfo(tenant_of(session).time_zone)).date()
    notices.notify(
        session,
        NOTICE,
        say_many(
            "%(num)s merge by itself until %(day)s",
            "%(num)s merges by themselves until %(day)s",
            merges,
            day=day.isoformat(),
        ),
        say("Only what a channel has verified on both sides. Each can be undone with one click."),
        href=PAGE,
        level=NoticeLevel.GOOD,
    )


def _count(session: TenantSession, due_at: datetime, merges: int) -> bool:
    """Add to a digest that is not told yet; False where there is none."""
    found = session.scalar(
        update(MergeDigest)
        .where(MergeDigest.due_at == due_at, MergeDigest.told_at.is_(None))
        .values(merges=MergeDigest.merges + merges)
        .returning(MergeDigest.id)
        .execution_options(synchronize_session=False)
    )
    return found is not None
