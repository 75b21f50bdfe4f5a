"""What a person may do with a job that gave up: try it again, or drop it."""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, update

from core.jobs.outbox import ring_after_commit
from core.models.base import now
from core.models.job import Job, JobState
from core.tenancy.session import BaseSession, TenantSession


def retry(session: BaseSession, job_id: int) -> bool:
    """Make a dead job ready, with all its attempts before it. False: no such dead job here."""
    woken = session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == JobState.DEAD, *_own(session))
        .values(state=JobState.READY, failures=0, due_at=now())
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    ).first()
    ring_after_commit(session)
    return woken is not None


def drop(session: BaseSession, job_id: int) -> bool:
    """Delete a job for good, unless a worker has it. False: no such job here, or it is running."""
    dropped = session.execute(
        delete(Job)
        .where(Job.id == job_id, Job.state != JobState.LEASED, *_own(session))
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    ).first()
    return dropped is not None


def _own(session: BaseSession) -> tuple[ColumnElement[bool], ...]:
    return (Job.tenant_id == session.tenant_id,) if isinstance(session, TenantSession) else ()
