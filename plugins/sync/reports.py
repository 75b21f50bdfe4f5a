"""What a run's report shows: its first rows on screen, all that was refused to take away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import selectinload

from core.api import TenantSession
from plugins.sync import runs
from plugins.sync.models import Change, Entry, Run, RunKind, RunState, Staged

SHOWN = 200
REFUSED_AT_ONCE = 2000


class RefusedRow(NamedTuple):
    """An entry that was left out: the word for the reason, what came, and where to go on."""

    reason: str
    raw: str
    id: int


def refused_of(
    session: TenantSession, run: Run, after: tuple[str, int] = ("", 0), limit: int = SHOWN
) -> list[RefusedRow]:
    """What a run left out, by reason; those after (reason, id).

    Of the device's last run these are all that stand there; of an earlier one those new then.
    """
    is_planned = run.state in (RunState.PLANNED, RunState.DISCARDED)
    found = _refused_staged(run) if is_planned else _refused_entries(session, run)
    noun = Staged if is_planned else Entry
    page = found.where(tuple_(noun.refusal, noun.id) > tuple_(*after))
    rows = session.execute(page.order_by(noun.refusal, noun.id).limit(limit))
    return [RefusedRow(reason, _raw(said), row_id) for reason, said, row_id in rows]


def refused_in_batches(database: Any, tenant_id: int, run_id: int) -> Iterator[list[RefusedRow]]:
    """All that a run left out, each batch by a session of its own: for a file that is streamed."""
    after = ("", 0)
    while True:
        with database.tenant(tenant_id, write=False) as session:
            rows = refused_of(session, runs.run_of(session, run_id), after, REFUSED_AT_ONCE)
        yield rows
        if len(rows) < REFUSED_AT_ONCE:
            return
        after = (rows[-1].reason, rows[-1].id)


def _refused_staged(run: Run) -> Select[Any, Any, Any]:
    return select(Staged.refusal, Staged.said, Staged.id).where(
        Staged.run_id == run.id, Staged.outcome == "refused"
    )


def _refused_entries(session: TenantSession, run: Run) -> Select[Any, Any, Any]:
    found = select(Entry.refusal, Entry.raw, Entry.id).where(
        Entry.device_id == run.device_id, Entry.refusal > "", Entry.is_gone.is_(False)
    )
    is_last = runs.is_latest(session, run, counting_previews=False)
    if not is_last or run.kind is RunKind.PUSH:
        found = found.where(Entry.run_id == run.id)
    return found


def _raw(said: Any) -> str:
    return str(said.get("r", "")) if isinstance(said, dict) else str(said)


def planned_of(session: TenantSession, run: Run, outcome: str) -> list[tuple[str, str]]:
    """(name, number) of what a preview would do so with, the first 200; [] once it is done."""
    if run.state is not RunState.PLANNED:
        return []
    staged = (
        select(Staged.said, Staged.address)
        .where(Staged.run_id == run.id, Staged.outcome == outcome)
        .order_by(Staged.position)
        .limit(SHOWN)
    )
    return [(str(row.said.get("n", "")), row.address) for row in session.execute(staged)]


def changes_of(session: TenantSession, run: Run, *, is_added: bool) -> Sequence[Change]:
    """What a run did to contacts, the first 200."""
    return session.scalars(
        select(Change)
        .where(Change.run_id == run.id, Change.is_added.is_(is_added))
        .options(selectinload(Change.contact))
        .order_by(Change.id)
        .limit(SHOWN)
    ).all()


def kept_of(session: TenantSession, run: Run) -> Sequence[Change]:
    """What undoing a run left as it is, the first 200."""
    return session.scalars(
        select(Change)
        .where(Change.run_id == run.id, Change.fate == "kept")
        .options(selectinload(Change.contact))
        .order_by(Change.id)
        .limit(SHOWN)
    ).all()
