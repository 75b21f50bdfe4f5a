"""Runs on a day: scheduled, moved, cancelled, and kept on the business's clock (B4)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import select

from core.api import TenantSession, say, tenant_of
from plugins.automation import clock
from plugins.automation.firing import (
    MOST_REASON,
    Occurrence,
    claim,
    end,
    rules_of,
    run_of,
    schedule,
)
from plugins.automation.models import Rule, Run, RunState

# ended without having done anything: another date takes the run up again
_RESUMABLE = frozenset({"no_date", "past"})


def plan(session: TenantSession, happened: Occurrence, day: date | None) -> None:
    """Bring the runs of every rule in line with the day; None: there is none any more."""
    for rule in rules_of(session, happened.trigger):
        _plan_one(session, rule, happened, day)


def cancel(session: TenantSession, subject: str, code: str, reason: str) -> None:
    """End every run about a subject that hasn't begun."""
    waiting = (
        select(Run)
        .where(Run.subject == subject, Run.state == RunState.SCHEDULED)
        .order_by(Run.id)
        .with_for_update()
    )
    for run in session.scalars(waiting):
        end(run, RunState.CANCELLED, code, reason)


def wall_of(rule: Rule, day: date) -> str:
    """When a rule acts on a day, on the business's clock: `2026-05-01T09:00`."""
    return f"{day.isoformat()}T{rule.at_time or '09:00'}"


def moment_of(wall: str, zone: str) -> datetime:
    """A local time as a moment. One that the clocks skip is as long after midnight as it says; of
    one that comes twice it is the first."""
    return datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def follow_zone(session: TenantSession) -> int:
    """Move what waits for a local time to the business's present time zone; how many moved."""
    zone = tenant_of(session).time_zone
    strayed = (
        select(Run)
        .where(Run.state == RunState.SCHEDULED, Run.wall != "", Run.zone != zone, Run.step == 0)
        .order_by(Run.id)
        .limit(500)
        .with_for_update(skip_locked=True)
    )
    moved = 0
    for run in session.scalars(strayed):
        run.zone, run.due_at = zone, moment_of(run.wall, zone)
        schedule(session, run)
        moved += 1
    return moved


def _plan_one(session: TenantSession, rule: Rule, happened: Occurrence, day: date | None) -> None:
    zone = tenant_of(session).time_zone
    run = run_of(session, rule, happened.subject, happened.episode)
    if run is not None and not _is_open(run):
        return
    if day is None:
        if run is not None:
            end(run, RunState.CANCELLED, "no_date", say("The date was taken away."))
        return
    wall = wall_of(rule, day)
    due_at = moment_of(wall, zone)
    if run is None:
        run = claim(session, rule, happened, due_at, wall=wall, zone=zone)
        if run is None:
            return  # another transaction has it, and the event of its change comes here too
    elif run.wall != wall or run.zone != zone or run.state is not RunState.SCHEDULED:
        run.state, run.code, run.reason, run.ended_at = RunState.SCHEDULED, "", "", None
        run.wall, run.zone, run.due_at = wall, zone, due_at
        schedule(session, run)
    if run.state is RunState.SCHEDULED and day < _today(zone):
        reason = say("The date %(day)s was past already when it was set.", day=day.isoformat())
        end(run, RunState.SKIPPED, "past", str(reason)[:MOST_REASON])


def _is_open(run: Run) -> bool:
    return run.state is RunState.SCHEDULED or run.code in _RESUMABLE


def _today(zone: str) -> date:
    return clock.now().astimezone(ZoneInfo(zone)).date()


def on_time(text: str) -> time:
    """`09:00` as a time. Raises ValueError."""
    return time.fromisoformat(text)
