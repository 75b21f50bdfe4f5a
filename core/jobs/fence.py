"""The fence: an attempt may act on its job only while the job is leased to just this attempt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, event, select, tuple_, update
from sqlalchemy.orm import Session

from core.jobs.claim import Pair
from core.models.job import Job, JobState
from core.tenancy.session import BaseSession


class HandlerEndedTransaction(RuntimeError):
    """A handler committed or rolled back the transaction that holds its fence."""


class Held(NamedTuple):
    """A job that this attempt holds, its row locked until the transaction ends."""

    id: int
    payload: dict[str, Any]
    failures: int


def take(session: BaseSession, tenant_id: int | None, pairs: list[Pair]) -> list[dict[str, Any]]:
    """Delete the jobs that are still ours and return their payloads, by id.

    The effect follows in the same transaction: both happen or neither, and only once.
    """
    rows = session.execute(
        delete(Job)
        .where(*_ours(tenant_id, pairs))
        .returning(Job.id, Job.payload)
        .execution_options(synchronize_session=False)
    ).all()
    return [row.payload for row in sorted(rows, key=lambda row: row.id)]


def hold(session: BaseSession, tenant_id: int | None, pair: Pair) -> Held | None:
    """Lock one job that is still ours; None: another attempt has it, or it is done."""
    row = session.execute(
        select(Job.id, Job.payload, Job.failures).where(*_ours(tenant_id, [pair])).with_for_update()
    ).first()
    return Held(row.id, row.payload, row.failures) if row else None


def peek(session: BaseSession, tenant_id: int | None, pair: Pair) -> dict[str, Any] | None:
    """The payload of a job that is still ours, nothing locked; None where it isn't."""
    return session.scalar(select(Job.payload).where(*_ours(tenant_id, [pair])))


def extend(session: BaseSession, held: Held, until: datetime) -> None:
    """Give a held job a lease until then."""
    change(session, [held.id], lease_until=until)


def end(session: BaseSession, held: Held) -> None:
    """Delete a held job: its work is done, or there is none."""
    session.execute(
        delete(Job).where(Job.id == held.id).execution_options(synchronize_session=False)
    )


def change(session: BaseSession, ids: list[int], **values: Any) -> None:
    """Set columns of jobs whose rows this transaction holds."""
    session.execute(
        update(Job)
        .where(Job.id.in_(ids))
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _ours(tenant_id: int | None, pairs: list[Pair]) -> tuple[ColumnElement[bool], ...]:
    return (
        tuple_(Job.id, Job.attempts).in_(pairs),
        Job.state == JobState.LEASED,
        Job.tenant_id.is_not_distinct_from(tenant_id),
    )


@contextmanager
def kept_open(session: BaseSession) -> Iterator[None]:
    """Run a handler so that it can't end the transaction: savepoints are fine.

    A commit would cut the fence from the effect, a rollback would bring the job back while its
    effect goes on to be written.
    """
    root = session.get_transaction()

    def refuse(committing: Session) -> None:
        if committing.get_nested_transaction() is None:
            raise HandlerEndedTransaction("A job's handler never commits: the engine does.")

    event.listen(session, "before_commit", refuse)
    try:
        yield
    finally:
        event.remove(session, "before_commit", refuse)
    if session.get_transaction() is not root:
        raise HandlerEndedTransaction(
            "A job's handler never rolls back: raise, or use a savepoint."
        )
