"""What the relay does to the table: lease what is due, take back what a dead worker held.

All of it in system sessions. On PostgreSQL rows that a handler's transaction holds are skipped,
never waited for: with plain locks one slow handler stalled everybody for 3.5 s.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, exists, func, or_, select, text, tuple_, update
from sqlalchemy.orm import aliased

from core.jobs.registry import JobRegistry
from core.jobs.spec import JobSpec
from core.models.job import Job, JobState
from core.tenancy.session import SystemSession

BATCH = 50  # payloads that a batch handler gets at most
CANDIDATES = 400  # rows that one claim looks at
INNOCENT = 8  # interruptions that count as much as one error
SWEPT = 500  # leases that one sweep takes back
_CLAIM_LOCK = 0x5A9A_0001  # any number, the same in every process

Pair = tuple[int, int]  # a job's id and the attempt it was leased for


@dataclass
class Dispatch:
    """One message to an actor: the leased jobs of one actor and one tenant."""

    spec: JobSpec
    tenant_id: int | None
    pairs: list[Pair] = field(default_factory=list)
    has_lane: bool = False

    @property
    def key(self) -> Pair:
        """Names the message: no other was ever sent for this job and attempt."""
        return self.pairs[0]


def is_waiting(session: SystemSession, queue: str, moment: datetime) -> bool:
    """True when a claim would find something. Read only: an idle relay never takes a lock."""
    return session.execute(_due(queue, moment).limit(1)).first() is not None


def next_due(session: SystemSession, moment: datetime) -> datetime | None:
    """When the next job that isn't due yet will be, or None."""
    return session.scalar(
        select(func.min(Job.due_at)).where(Job.state == JobState.READY, Job.due_at > moment)
    )


def claim(
    session: SystemSession,
    registry: JobRegistry,
    queue: str,
    moment: datetime,
    *,
    slots: int,
    lease: timedelta,
) -> list[Dispatch]:
    """Lease due jobs of one queue for at most `slots` messages, oldest first.

    Claims take turns on PostgreSQL: two at once, each blind to what the other leases, could run two
    jobs of one lane together. SQLite has one writer anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _CLAIM_LOCK})
    rows = session.execute(
        _due(queue, moment)
        .limit(min(slots * BATCH, CANDIDATES))
        .with_for_update(skip_locked=True, of=Job)
    ).all()
    chosen: list[Dispatch] = []
    filling: dict[tuple[str, int | None], Dispatch] = {}
    unknown: list[int] = []
    misaddressed: list[int] = []
    for row in rows:
        spec = registry.get(row.actor)
        if spec is None:
            unknown.append(row.id)
            continue
        if spec.system != (row.tenant_id is None):
            misaddressed.append(row.id)
            continue
        key = (row.actor, row.tenant_id)
        dispatch = filling.get(key) if spec.batch else None
        if dispatch is None or len(dispatch.pairs) == BATCH:
            if len(chosen) == slots:
                continue
            dispatch = filling[key] = Dispatch(spec, row.tenant_id)
            chosen.append(dispatch)
        dispatch.pairs.append((row.id, row.attempts + 1))
        dispatch.has_lane |= row.lane is not None
    _lease(session, [job_id for d in chosen for job_id, _ in d.pairs], moment + lease)
    _set_aside(session, unknown, JobState.PARKED, "No plugin that runs here knows this job.")
    _set_aside(session, misaddressed, JobState.DEAD, "Written with a tenant or without, wrongly.")
    return chosen


def _due(queue: str, moment: datetime) -> Select[int, int | None, str, str | None, int]:
    """Ready jobs whose time and turn have come.

    A lane is held by a job of it that is leased, or by an earlier one that is due or being retried.
    One that was never tried and is due later doesn't: a reminder for Monday stops no conversation.
    """
    other = aliased(Job)
    held = exists().where(
        other.lane == Job.lane,
        other.tenant_id.is_not_distinct_from(Job.tenant_id),
        or_(
            other.state == JobState.LEASED,
            and_(
                other.state == JobState.READY,
                other.id < Job.id,
                or_(other.due_at <= moment, other.failures > 0),
            ),
        ),
    )
    return (
        select(Job.id, Job.tenant_id, Job.actor, Job.lane, Job.attempts)
        .where(
            Job.state == JobState.READY,
            Job.queue == queue,
            Job.due_at <= moment,
            or_(Job.lane.is_(None), ~held),
        )
        .order_by(Job.due_at, Job.id)
    )


def _lease(session: SystemSession, ids: list[int], until: datetime) -> None:
    if not ids:
        return
    session.execute(
        update(Job)
        .where(Job.id.in_(ids))
        .values(state=JobState.LEASED, attempts=Job.attempts + 1, lease_until=until)
        .execution_options(synchronize_session=False)
    )


def _set_aside(session: SystemSession, ids: list[int], state: JobState, reason: str) -> None:
    if not ids:
        return
    session.execute(
        update(Job)
        .where(Job.id.in_(ids))
        .values(state=state, last_error=reason)
        .execution_options(synchronize_session=False)
    )


def is_expired(session: SystemSession, moment: datetime) -> bool:
    """True when a sweep would find something."""
    return (
        session.execute(
            select(Job.id).where(Job.state == JobState.LEASED, Job.lease_until < moment).limit(1)
        ).first()
        is not None
    )


def sweep(
    session: SystemSession, registry: JobRegistry, moment: datetime, *, everything: bool = False
) -> int:
    """Take back leases that ended, or `everything` where no other process can hold one.

    Each counts as a failure: a job that kills its worker ends as dead instead of doing so for ever.
    It takes more of them than of its own errors, since most of what a dead process had leased only
    waited in it. A provider call never ends so: its mark keeps it from being repeated.
    """
    expired = select(Job.id, Job.actor, Job.failures).where(Job.state == JobState.LEASED)
    if not everything:
        expired = expired.where(Job.lease_until < moment)
    rows = session.execute(expired.limit(SWEPT).with_for_update(skip_locked=True)).all()
    for row in rows:
        spec = registry.get(row.actor)
        is_dead = (
            spec is not None
            and spec.call is None
            and row.failures + 1 >= spec.max_attempts * INNOCENT
        )
        session.execute(
            update(Job)
            .where(Job.id == row.id)
            .values(
                state=JobState.DEAD if is_dead else JobState.READY,
                lease_until=None,
                failures=Job.failures + 1,
                last_error="Interrupted: the worker stopped, or took longer than its lease.",
            )
            .execution_options(synchronize_session=False)
        )
    return len(rows)


def renew(session: SystemSession, pairs: Iterable[Pair], until: datetime) -> None:
    """Extend the leases of jobs that wait in this process. Begun ones look after themselves."""
    held = session.scalars(_leased(pairs).with_for_update(skip_locked=True)).all()
    session.execute(
        update(Job)
        .where(Job.id.in_(held), Job.lease_until < until)
        .values(lease_until=until)
        .execution_options(synchronize_session=False)
    )


def give_back(session: SystemSession, pairs: Iterable[Pair]) -> None:
    """Make jobs ready again that this process leased and hasn't begun. Not a failure."""
    held = session.scalars(_leased(pairs).with_for_update(skip_locked=True)).all()
    session.execute(
        update(Job)
        .where(Job.id.in_(held))
        .values(state=JobState.READY, lease_until=None)
        .execution_options(synchronize_session=False)
    )


def _leased(pairs: Iterable[Pair]) -> Select[int]:
    return select(Job.id).where(
        Job.state == JobState.LEASED, tuple_(Job.id, Job.attempts).in_(list(pairs))
    )
