"""The one way to start work: a row, written in the transaction of its cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Insert, Table, insert, select

from core.jobs.queues import NOW, QUEUES
from core.models.base import now
from core.models.job import Job, JobState
from core.tenancy.bulk import insert_unnamed
from core.tenancy.context import WrongTenant
from core.tenancy.session import BaseSession, TenantSession

if TYPE_CHECKING:
    from core.db import Database


def enqueue(
    session: BaseSession,
    actor: str,
    payload: dict[str, Any],
    *,
    lane: str | None = None,
    crowd: str | None = None,
    due_at: datetime | None = None,
    queue: str | None = None,
    tenant_id: int | None = None,
) -> Job:
    """Write one job. It exists if and only if the session's transaction commits.

    `lane`: jobs of one lane of a tenant run one after another, in the order they were written; say
    `conversation:12`. A job that is retried holds its lane up until it is done, dead or parked; one
    that is merely due later doesn't. `due_at`: not before (default: at once).
    `crowd`: what a provider call waits for, say `channel:7`. Where it hangs, its crowd holds a part
    of the threads and never all.
    A tenant's session stamps its tenant; a system session names one with `tenant_id`, or writes a
    job of the core that needs none. `payload` is JSON and no bigger than it must be: ids, not rows.
    """
    if isinstance(session, TenantSession):
        if tenant_id not in (None, session.tenant_id):
            raise WrongTenant(f"This session serves tenant {session.tenant_id}, not {tenant_id}.")
        tenant_id = session.tenant_id
    elif tenant_id is None and not actor.startswith("core."):
        raise ValueError(f"Job {actor} needs a tenant: pass tenant_id.")
    queue = _queue(session.database, actor, queue)
    job = Job(
        tenant_id=tenant_id,
        actor=actor,
        payload=payload,
        lane=lane,
        crowd=crowd,
        queue=queue,
        due_at=due_at or now(),
    )
    session.add(job)
    ring_after_commit(session)
    return job


def waiting_lanes(session: TenantSession, actor: str) -> set[str]:
    """The lanes in which a job of `actor` waits or runs: a clock need not write another there."""
    found = session.scalars(
        select(Job.lane).where(
            Job.tenant_id == session.tenant_id,
            Job.actor == actor,
            Job.state != JobState.DEAD,
            Job.lane.is_not(None),
        )
    )
    return {lane for lane in found if lane is not None}


def ring_after_commit(session: BaseSession) -> None:
    """Have the relays look once this session's transaction is durable."""
    for bell in session.database.on_enqueue:
        session.on_commit(bell)


def ring(database: Database) -> None:
    """Tell the relays of all processes that jobs were committed. Never waits, never raises."""
    for bell in database.on_enqueue:
        bell()


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be written with others: the arguments of `enqueue`, by value."""

    actor: str
    payload: dict[str, Any]
    tenant_id: int | None = None
    lane: str | None = None
    crowd: str | None = None
    due_at: datetime | None = None
    queue: str | None = None


def enqueue_all(session: TenantSession, jobs: Sequence[NewJob]) -> None:
    """`enqueue` for many jobs of the session's tenant, in one statement and in their order."""
    if not jobs:
        return
    moment = now()
    values = [
        {
            "actor": job.actor,
            "payload": job.payload,
            "lane": job.lane,
            "crowd": job.crowd,
            "queue": _queue(session.database, job.actor, job.queue),
            "due_at": job.due_at or moment,
            "created_at": moment,
        }
        for job in jobs
    ]
    insert_unnamed(session, Job, values)
    ring_after_commit(session)


def enqueue_rows(connection: Connection, jobs: Sequence[NewJob]) -> None:
    """Write many jobs with one statement, in the connection's own transaction.

    For the few hot paths that use no session: `connection` is the system's (`database.bind(
    write=True, system=True)`), since it may write for several tenants; each job names its own, and
    goes to *now* where it names no queue. Call `ring` once that transaction has committed.
    """
    if not jobs:
        return
    moment = now()
    values = [
        {
            "actor": job.actor,
            "payload": job.payload,
            "tenant_id": job.tenant_id,
            "lane": job.lane,
            "crowd": job.crowd,
            "queue": _checked(job.actor, job.queue or NOW),
            "due_at": job.due_at or moment,
        }
        for job in jobs
    ]
    connection.execute(_INSERT, values)


_TABLE = Job.__table__
assert isinstance(_TABLE, Table)  # noqa: S101 - for the type checker
_INSERT: Insert = insert(_TABLE)


def _queue(database: Database, actor: str, queue: str | None) -> str:
    return _checked(actor, queue or database.queue_of(actor))


def _checked(actor: str, queue: str) -> str:
    if queue not in QUEUES:
        raise ValueError(f"Job {actor}: its queue is one of {', '.join(QUEUES)}.")
    return queue
