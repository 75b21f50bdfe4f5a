"""The one way to start work: a row, written in the transaction of its cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.jobs.spec import QUEUES
from core.models.base import now
from core.models.job import Job
from core.tenancy.bulk import insert_unnamed
from core.tenancy.context import WrongTenant
from core.tenancy.session import BaseSession, TenantSession


def enqueue(
    session: BaseSession,
    actor: str,
    payload: dict[str, Any],
    *,
    lane: str | None = None,
    due_at: datetime | None = None,
    queue: str | None = None,
    tenant_id: int | None = None,
) -> Job:
    """Write one job. It exists if and only if the session's transaction commits.

    `lane`: jobs of one lane of a tenant run one after another, in the order they were written; say
    `conversation:12`. A job that is retried holds its lane up until it is done, dead or parked; one
    that is merely due later doesn't. `due_at`: not before (default: at once).
    A tenant's session stamps its tenant; a system session names one with `tenant_id`, or writes a
    job of the core that needs none. `payload` is JSON and no bigger than it must be: ids, not rows.
    """
    if isinstance(session, TenantSession):
        if tenant_id not in (None, session.tenant_id):
            raise WrongTenant(f"This session serves tenant {session.tenant_id}, not {tenant_id}.")
        tenant_id = session.tenant_id
    elif tenant_id is None and not actor.startswith("core."):
        raise ValueError(f"Job {actor} needs a tenant: pass tenant_id.")
    queue = _queue(session, actor, queue)
    job = Job(
        tenant_id=tenant_id,
        actor=actor,
        payload=payload,
        lane=lane,
        queue=queue,
        due_at=due_at or now(),
    )
    session.add(job)
    for ring in session.database.on_enqueue:
        session.on_commit(ring)
    return job


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be written with others: the arguments of `enqueue`."""

    actor: str
    payload: dict[str, Any]
    lane: str | None = None
    due_at: datetime | None = None
    queue: str | None = None


def enqueue_all(session: TenantSession, jobs: Sequence[NewJob]) -> None:
    """`enqueue` for many jobs of a tenant, in one statement and in their order."""
    if not jobs:
        return
    moment = now()
    values = [
        {
            "actor": job.actor,
            "payload": job.payload,
            "lane": job.lane,
            "queue": _queue(session, job.actor, job.queue),
            "due_at": job.due_at or moment,
            "created_at": moment,
        }
        for job in jobs
    ]
    insert_unnamed(session, Job, values)
    for ring in session.database.on_enqueue:
        session.on_commit(ring)


def _queue(session: BaseSession, actor: str, queue: str | None) -> str:
    queue = queue or session.database.queue_of(actor)
    if queue not in QUEUES:
        raise ValueError(f"Job {actor}: its queue is one of {', '.join(QUEUES)}.")
    return queue
