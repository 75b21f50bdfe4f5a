"""Work that stands still: dead jobs, which gave up, and parked ones, whose plugin is off.

A person looks at the reason, mends the cause and tries again, or gives the work up. Everything here
says itself whose jobs it means: the table is shared with the system.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from core.audit import current_actor
from core.errors import Conflict, NotFound, Refused
from core.inbound import MessageState
from core.jobs import repair
from core.models import AuditEntry, Job, JobState, Message
from core.services import send
from core.tenancy.session import BaseSession, TenantSession
from core.words import say

STANDING = (JobState.DEAD, JobState.PARKED)
AT_ONCE = 200  # jobs that one press of a button tries again
SEND = "core.send"


@dataclass(frozen=True)
class Kind:
    """Jobs of one kind that stand still."""

    actor: str
    state: JobState
    count: int


def kinds(session: BaseSession) -> list[Kind]:
    """What stands still, by kind and state, the most first."""
    count = func.count()
    rows = session.execute(
        select(Job.actor, Job.state, count)
        .where(*_own(session), Job.state.in_(STANDING))
        .group_by(Job.actor, Job.state)
        .order_by(count.desc(), Job.actor)
    )
    return [Kind(*row) for row in rows]


def standing(
    session: BaseSession,
    *,
    states: Iterable[JobState] = STANDING,
    actor: str = "",
    before: int | None = None,
    limit: int = 50,
) -> Sequence[Job]:
    """Jobs that stand still, the newest first; `before` an id, for the next page."""
    asked = select(Job).where(*_own(session), Job.state.in_(tuple(states)))
    if actor:
        asked = asked.where(Job.actor == actor)
    if before is not None:
        asked = asked.where(Job.id < before)
    return session.scalars(asked.order_by(Job.id.desc()).limit(limit)).all()


def find(session: BaseSession, job_id: int) -> Job:
    """One job that stands still. NotFound: there is none, it runs again, or it is another's."""
    job = session.scalar(
        select(Job).where(Job.id == job_id, *_own(session), Job.state.in_(STANDING))
    )
    if job is None:
        raise NotFound(say("There is no such job here: it may have been done meanwhile."))
    return job


def retry(session: BaseSession, job: Job) -> None:
    """Try a dead job again, with all its attempts before it. Refused where that can't help."""
    if job.state is not JobState.DEAD:
        raise Conflict(say("This job waits for its plugin: it goes on once that is switched on."))
    if job.actor == SEND and isinstance(session, TenantSession):
        _send_again(session, job)
    elif not repair.retry(session, job.id):
        raise Conflict(say("This job is being tried again already."))
    _note(session, "retry", job.actor)


def _send_again(session: TenantSession, job: Job) -> None:
    """A message that wasn't sent is sent anew: its bubble says *failed* until then."""
    message = session.get(Message, job.payload.get("message_id"))
    if message is None:
        raise Refused(say("Its message is gone: there is nothing to send. Discard the job."))
    if message.state in (MessageState.FAILED, MessageState.UNKNOWN):
        send.retry(session, message)
        repair.drop(session, job.id)
    elif message.state is MessageState.QUEUED:
        repair.retry(session, job.id)
    else:
        raise Refused(say("Its message was sent meanwhile. Discard the job."))


@dataclass(frozen=True)
class Retried:
    """What trying a whole kind again came to. `refused`: why the first of the others wasn't."""

    done: int
    left: int
    refused: str = ""


def retry_all(session: BaseSession, actor: str) -> Retried:
    """Try the dead jobs of one kind again, oldest first, as many as fit in one transaction."""
    own = (*_own(session), Job.state == JobState.DEAD, Job.actor == actor)
    found = session.scalars(select(Job).where(*own).order_by(Job.id).limit(AT_ONCE)).all()
    done, refused = 0, ""
    for job in found:
        try:
            with session.begin_nested():
                retry(session, job)
            done += 1
        except Refused as why:
            refused = refused or why.message
    left = session.scalar(select(func.count()).select_from(Job).where(*own)) or 0
    return Retried(done, left, refused)


def discard(session: BaseSession, job: Job) -> None:
    """Delete a job for good: its work is never done."""
    if not repair.drop(session, job.id):
        raise Conflict(say("This job is running: wait for it to end."))
    _note(session, "discard", job.actor)


def counts_by_tenant(session: BaseSession) -> dict[int | None, dict[JobState, int]]:
    """How many stand still, by tenant (None: the system's) and state. For a system session."""
    rows = session.execute(
        select(Job.tenant_id, Job.state, func.count())
        .where(Job.state.in_(STANDING))
        .group_by(Job.tenant_id, Job.state)
    )
    found: dict[int | None, dict[JobState, int]] = {}
    for tenant_id, state, count in rows:
        found.setdefault(tenant_id, {})[state] = count
    return found


def _own(session: BaseSession) -> tuple[ColumnElement[bool], ...]:
    """A tenant's session: the tenant's jobs. A system session: the system's own, nobody else's."""
    if isinstance(session, TenantSession):
        return (Job.tenant_id == session.tenant_id,)
    return (Job.tenant_id.is_(None),)


def _note(session: BaseSession, action: str, actor: str) -> None:
    """Into the tenant's audit trail, by its kind: the row itself is gone soon."""
    if isinstance(session, TenantSession):
        who = current_actor()
        session.add(
            AuditEntry(
                user_id=who.user_id, actor=who.name[:80], action=action, noun="job", label=actor
            )
        )
        session.flush()
