"""What becomes of a lease: begun, renewed, given back, or taken back from a dead worker.

In system sessions. On PostgreSQL rows that a handler's transaction holds are skipped, never waited
for: with plain locks one slow handler stalled everybody for 3.5 s.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Select, case, select, text, tuple_, update

from core.jobs.claim import Pair
from core.jobs.registry import JobRegistry
from core.models.job import Job, JobState
from core.tenancy.session import SystemSession

LEASE = timedelta(seconds=30)
INNOCENT = 8  # interruptions that count as much as one error, where most had only waited
SWEPT = 500  # leases that one sweep takes back


def is_expired(session: SystemSession, moment: datetime) -> bool:
    """True when a sweep would find something."""
    return (
        session.execute(
            select(Job.id).where(Job.state == JobState.LEASED, Job.lease_until < moment).limit(1)
        ).first()
        is not None
    )


def sweep(
    session: SystemSession,
    registry: JobRegistry,
    moment: datetime,
    *,
    everything: bool = False,
    marked: bool = False,
) -> int:
    """Take back leases that ended, or `everything` where no other process can hold one.

    An interrupted attempt counts as a failure: a job that kills its worker ends as dead instead of
    doing so for ever. With `marked`, workers say when they begin (`begin`), and what only waited in
    Redis or in a process that died counts for nothing. Without, each counts, but a job takes more
    of them than of its own errors. A provider call never ends dead so: its mark keeps it from being
    repeated.
    """
    expired = select(Job.id, Job.actor, Job.failures, Job.begun).where(Job.state == JobState.LEASED)
    if not everything:
        expired = expired.where(Job.lease_until < moment)
    rows = session.execute(expired.limit(SWEPT).with_for_update(skip_locked=True)).all()
    waited = [row.id for row in rows if marked and not row.begun]
    _release(session, waited)
    for row in rows:
        if marked and not row.begun:
            continue
        spec = registry.get(row.actor)
        most = 0 if spec is None else spec.max_attempts * (1 if marked else INNOCENT)
        is_dead = spec is not None and spec.call is None and row.failures + 1 >= most
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


def begin(
    session: SystemSession, pairs: Iterable[Pair], moment: datetime
) -> tuple[list[Pair], str | None]:
    """Mark attempts as begun; those of `pairs` that may go on, in their order, and their crowd.

    Not among them: what another message began, what came after its lease was taken back, and what
    is done. The mark needn't survive a crash of the database, so its commit waits for no disk.
    """
    pairs = list(pairs)
    session.execute(text("set local synchronous_commit to off"))
    rows = session.execute(
        update(Job)
        .where(
            tuple_(Job.id, Job.attempts).in_(pairs),
            Job.state == JobState.LEASED,
            Job.begun.is_(False),
        )
        .values(
            begun=True,
            # most leases are fresh, and a value that stays the same leaves the index alone
            lease_until=case(
                (Job.lease_until < moment + LEASE / 2, moment + LEASE), else_=Job.lease_until
            ),
        )
        .returning(Job.id, Job.crowd)
        .execution_options(synchronize_session=False)
    )
    begun = {row.id: row.crowd for row in rows}
    return [pair for pair in pairs if pair[0] in begun], next(iter(begun.values()), None)


def put_off(session: SystemSession, pairs: Iterable[Pair], until: datetime) -> None:
    """Make leased jobs ready again, for later. Not a failure.

    They keep their place: what was tried once holds its lane, due or not.
    """
    session.execute(
        update(Job)
        .where(Job.state == JobState.LEASED, tuple_(Job.id, Job.attempts).in_(list(pairs)))
        .values(state=JobState.READY, lease_until=None, begun=False, due_at=until)
        .execution_options(synchronize_session=False)
    )


def renew(session: SystemSession, pairs: Iterable[Pair], until: datetime) -> None:
    """Extend the leases of jobs that this process has in hand."""
    held = session.scalars(_leased(pairs).with_for_update(skip_locked=True)).all()
    session.execute(
        update(Job)
        .where(Job.id.in_(held), Job.lease_until < until)
        .values(lease_until=until)
        .execution_options(synchronize_session=False)
    )


def give_back(session: SystemSession, pairs: Iterable[Pair]) -> None:
    """Make jobs ready again that were leased and not begun. Not a failure."""
    statement = _leased(pairs).with_for_update(skip_locked=True)
    _release(session, list(session.scalars(statement)))


def _release(session: SystemSession, ids: list[int]) -> None:
    if not ids:
        return
    session.execute(
        update(Job)
        .where(Job.id.in_(ids))
        .values(state=JobState.READY, lease_until=None)
        .execution_options(synchronize_session=False)
    )


def _leased(pairs: Iterable[Pair]) -> Select[int]:
    return select(Job.id).where(
        Job.state == JobState.LEASED, tuple_(Job.id, Job.attempts).in_(list(pairs))
    )
