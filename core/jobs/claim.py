"""What the relay takes from the table: it leases what is due, as much as there is room for.

In system sessions. On PostgreSQL rows that another transaction holds are skipped, never waited for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import select, text, update

from core.jobs.due import WINDOW, Due, Follower, due, followers
from core.jobs.registry import JobRegistry
from core.jobs.spec import JobSpec
from core.models.job import Job, JobState
from core.tenancy.session import SystemSession

BATCH = 50  # payloads that a batch handler gets at most
_CLAIM_LOCK = 0x5A9A_0001  # any number, the same in every process
# For this transaction every look is planned for its own moment: a plan that is kept for any moment
# passes a deep lane row by row.
_PLAN_ANEW = "set_config('plan_cache_mode', 'force_custom_plan', true)"
_TURN = text(f"select pg_try_advisory_xact_lock(:key), {_PLAN_ANEW}")

Pair = tuple[int, int]  # a job's id and the attempt it was leased for


class Taken(Exception):
    """Another relay is claiming just now."""


class Crowds(Protocol):
    """How much more of a crowd may be leased: a provider that hangs must not have all threads."""

    def full(self) -> Collection[str]:
        """Those of which nothing may be leased now."""

    def room(self, crowd: str) -> int:
        """How many jobs of it may be leased now."""


@dataclass
class Dispatch:
    """One message to an actor: the leased jobs of one actor and one tenant.

    Jobs of one lane stand in their order.
    """

    spec: JobSpec
    tenant_id: int | None
    pairs: list[Pair] = field(default_factory=list)
    lanes: set[str] = field(default_factory=set)
    crowd: str | None = None

    @property
    def key(self) -> Pair:
        """Names the message: no other was ever sent for this job and attempt."""
        return self.pairs[0]

    @property
    def has_lane(self) -> bool:
        """True when the end of this message may let another job go."""
        return bool(self.lanes)

    def add(self, job: Due | Follower) -> None:
        self.pairs.append((job.id, job.attempts + 1))
        if job.lane is not None:
            self.lanes.add(job.lane)


def is_waiting(
    session: SystemSession, queue: str, moment: datetime, full: Collection[str] = ()
) -> bool:
    """True when a claim would find something. Read only: an idle relay takes no lock."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"select {_PLAN_ANEW}"))
    return bool(due(session, queue, moment, 1, full))


def claim(
    session: SystemSession,
    registry: JobRegistry,
    queue: str,
    moment: datetime,
    *,
    slots: int,
    lease: timedelta,
    crowds: Crowds | None = None,
) -> list[Dispatch]:
    """Lease due jobs of one queue for at most `slots` messages, oldest first.

    A crowd gets as many as it has room for; what waits behind it goes past.

    Claims take turns on PostgreSQL: two at once, each blind to what the other leases, could run two
    jobs of one lane together. Taken where another has the turn: it takes what is due. SQLite has
    one writer anyway.
    """
    is_postgres = session.get_bind().dialect.name == "postgresql"
    if is_postgres and not session.scalar(_TURN, {"key": _CLAIM_LOCK}):
        raise Taken
    limit = min(slots * BATCH, WINDOW)
    full = set(crowds.full()) if crowds is not None else set()
    found = due(session, queue, moment, limit, full)
    if crowds is not None and (crowded := _crowded(found, crowds)):
        first = [row for row in found if row.crowd in crowded]
        found = due(session, queue, moment, limit, full | set(crowded))
        found += [row for crowd, room in crowded.items() for row in _of(first, crowd)[:room]]
        found.sort(key=lambda row: row.id)
    chosen = _arrange(session, registry, found, slots)
    _fill(session, chosen, queue, moment)
    ids = [job_id for dispatch in chosen for job_id, _ in dispatch.pairs]
    if is_postgres and ids:
        chosen = _only(chosen, _locked(session, ids))
    _lease(session, [job_id for d in chosen for job_id, _ in d.pairs], moment + lease)
    return chosen


def _crowded(found: Iterable[Due], crowds: Crowds) -> dict[str, int]:
    """The crowds of which more was found than there is room for, with their room."""
    counted = Counter(row.crowd for row in found if row.crowd is not None)
    room = {crowd: crowds.room(crowd) for crowd in counted}
    return {crowd: room[crowd] for crowd, count in counted.items() if count > room[crowd]}


def _of(found: Iterable[Due], crowd: str) -> list[Due]:
    return [row for row in found if row.crowd == crowd]


def _arrange(
    session: SystemSession, registry: JobRegistry, found: Iterable[Due], slots: int
) -> list[Dispatch]:
    """Messages for these jobs. What nothing here can run is set aside, where somebody sees it."""
    chosen: list[Dispatch] = []
    filling: dict[tuple[str, int | None], Dispatch] = {}
    unknown: list[int] = []
    misaddressed: list[int] = []
    for row in found:
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
            dispatch = filling[key] = Dispatch(spec, row.tenant_id, crowd=row.crowd)
            chosen.append(dispatch)
        dispatch.add(row)
    _set_aside(session, unknown, JobState.PARKED, "No plugin that runs here knows this job.")
    _set_aside(session, misaddressed, JobState.DEAD, "Written with a tenant or without, wrongly.")
    return chosen


def _fill(session: SystemSession, chosen: list[Dispatch], queue: str, moment: datetime) -> None:
    """Let jobs of a lane run in one batch, in their order: else a lane would give one at a time."""
    wanting = [d for d in chosen if d.spec.batch and d.lanes and len(d.pairs) < BATCH]
    if not wanting:
        return
    owner = {
        (dispatch.tenant_id, lane): dispatch for dispatch in wanting for lane in dispatch.lanes
    }
    heads = [job_id for dispatch in wanting for job_id, _ in dispatch.pairs]
    each = max((BATCH - len(d.pairs)) // len(d.lanes) + 1 for d in wanting)
    ended: set[tuple[int, str]] = set()
    for job in followers(session, heads, each):
        lane = (job.tenant_id, job.lane)
        dispatch = owner[lane]
        if lane in ended or (job.due_at > moment and job.attempts == 0):
            continue  # a reminder for later is passed by
        if (
            job.due_at > moment
            or (job.actor, job.queue) != (dispatch.spec.name, queue)
            or len(dispatch.pairs) == BATCH
        ):
            ended.add(lane)
            continue
        dispatch.add(job)


def _locked(session: SystemSession, ids: list[int]) -> set[int]:
    """Those of `ids` that are ready still and that nobody else holds: now this transaction does."""
    statement = select(Job.id).where(Job.id.in_(ids), Job.state == JobState.READY)
    return set(session.scalars(statement.order_by(Job.id).with_for_update(skip_locked=True)))


def _only(chosen: list[Dispatch], locked: set[int]) -> list[Dispatch]:
    """The dispatches without what escaped. From one with lanes nothing behind a gap may go."""
    for dispatch in chosen:
        ids = [job_id for job_id, _ in dispatch.pairs]
        first_gap = next((n for n, job_id in enumerate(ids) if job_id not in locked), len(ids))
        if dispatch.lanes:
            del dispatch.pairs[first_gap:]
        else:
            dispatch.pairs = [pair for pair in dispatch.pairs if pair[0] in locked]
    return [dispatch for dispatch in chosen if dispatch.pairs]


def _lease(session: SystemSession, ids: list[int], until: datetime) -> None:
    if not ids:
        return
    session.execute(
        update(Job)
        .where(Job.id.in_(ids))
        .values(state=JobState.LEASED, attempts=Job.attempts + 1, lease_until=until, begun=False)
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
