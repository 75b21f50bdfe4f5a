"""Nightly: old reports go, and what nobody has come back for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, or_, select

from core.api import TenantSession, enqueue, now, periodic
from plugins.sync import runs
from plugins.sync.models import Change, Run, RunState, Staged, Upload
from plugins.sync.settings import settings_of

WAITS = timedelta(days=7)
"""How long a preview, a file and what a failed run has read wait for somebody."""

CHANGES_AT_ONCE = 2000
RUNS_AT_ONCE = 50


def clean_some(session: TenantSession, payload: dict[str, Any]) -> None:
    """One step; while there is more, the next one is asked for."""
    _let_go(session, now() - WAITS)
    if _forget_reports(session, now() - timedelta(days=settings_of(session).keep_days)):
        enqueue(session, "sync.clean", {})


clean = periodic("sync.clean", "25 18 * * *", queue="bulk")(clean_some)


def _let_go(session: TenantSession, before: datetime) -> None:
    """Previews, files and staged rows that nobody has come back for."""
    waiting = select(Run).where(Run.state == RunState.PLANNED, Run.finished_at < before)
    for run in session.scalars(waiting.limit(RUNS_AT_ONCE)):
        runs.discard(session, run)
    at_work = select(Run.id).where(Run.active_device_id.is_not(None))
    _delete(
        session,
        delete(Upload).where(
            Upload.created_at < before, or_(Upload.run_id.is_(None), Upload.run_id.not_in(at_work))
        ),
    )
    ended = select(Run.id).where(
        Run.active_device_id.is_(None),
        Run.state != RunState.PLANNED,
        Run.finished_at < before,
    )
    _delete(session, delete(Staged).where(Staged.run_id.in_(ended)))


def _forget_reports(session: TenantSession, before: datetime) -> bool:
    """Some reports that are older; whether there are more. The last of a device and kind stays."""
    last = select(func.max(Run.id)).group_by(Run.device_id, Run.kind)
    old = session.scalars(
        select(Run.id)
        .where(Run.active_device_id.is_(None), Run.finished_at < before, Run.id.not_in(last))
        .order_by(Run.id)
        .limit(RUNS_AT_ONCE)
    ).all()
    if not old:
        return False
    changes = session.scalars(
        select(Change.id).where(Change.run_id.in_(old)).limit(CHANGES_AT_ONCE)
    ).all()
    _delete(session, delete(Change).where(Change.id.in_(changes)))
    if len(changes) < CHANGES_AT_ONCE:
        _delete(session, delete(Run).where(Run.id.in_(old)))
    return True


def _delete(session: TenantSession, statement: Any) -> None:
    session.execute(statement.execution_options(synchronize_session=False))
