"""Working on staged rows, a few hundred in one transaction with the job that asked for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from sqlalchemy import select

from core.api import (
    BookEntry,
    BookOutcome,
    Brought,
    Channel,
    FieldSource,
    TenantSession,
    bring_contacts,
    delete_rows,
    insert_unnamed,
    plan_contacts,
    tenant_of,
    update_rows,
)
from plugins.sync import devices, indexing, runs
from plugins.sync.models import Change, Device, Entry, Run, RunState, Staged
from plugins.sync.numbers import Left, entry_of, is_reachable
from plugins.sync.rows import row_of_said
from plugins.sync.settings import settings_of

ROWS_AT_ONCE = 1000
"""On SQLite a page that saves something waits for one transaction: some 200 ms."""

REFUSED, UNCHANGED, GONE = "refused", "unchanged", "gone"
ERASED, HIDDEN, TWICE = "erased", "hidden", "twice"


class Waiting(Protocol):
    """A staged row, as far as working on it needs."""

    key: Any
    digest: Any
    said: Any
    at: Any
    is_removal: Any


@dataclass
class Batch:
    """Rows on their way through: each is refused, gone, or becomes an entry of the book."""

    device: Device
    run: Run
    rows: Sequence[Waiting]
    known: dict[str, Any] = field(default_factory=dict)
    entries: dict[str, BookEntry] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    brought: dict[str, Brought] = field(default_factory=dict)

    @property
    def source(self) -> FieldSource:
        """Who sets the fields."""
        return FieldSource.IMPORT if self.device.channel_id is None else FieldSource.DEVICE

    @property
    def channel_id(self) -> int:
        return self.device.channel_id or 0

    def outcome_of(self, row: Waiting) -> str:
        """What became of a row, as its report counts it."""
        if row.is_removal:
            return GONE
        if row.key in self.refused:
            return REFUSED
        return self.brought[row.key].outcome.value if row.key in self.brought else UNCHANGED


def apply(session: TenantSession, payload: dict[str, Any]) -> None:
    """Work on the next rows of a run, and ask for those after them."""
    run = session.get(Run, payload["run_id"])
    if run is None or run.state is not RunState.APPLYING:
        return
    waiting = select(  # plain rows: the unit of work has nothing to do with them
        Staged.id, Staged.key, Staged.digest, Staged.said, Staged.at, Staged.is_removal
    ).where(Staged.run_id == run.id)
    if run.is_preview:
        waiting = waiting.where(Staged.outcome == "")
    found = session.execute(waiting.order_by(Staged.position, Staged.id).limit(ROWS_AT_ONCE))
    rows = cast(Sequence[Any], found.all())
    device = session.get_one(Device, run.device_id)
    batch = Batch(device, run, rows)
    if run.is_preview:
        plan_rows(session, batch)
    else:
        session.expunge_all()  # the book is written behind the session's back, which forgets all
        apply_rows(session, batch)
        run, device = session.get_one(Run, run.id), session.get_one(Device, device.id)
        delete_rows(session, Staged, [{"id": row.id} for row in rows])
    before = run.done
    count(run, batch)
    session.flush()
    is_last = len(rows) < ROWS_AT_ONCE
    if is_last and not indexing.is_large(run):
        runs.finish(session, run)
        return
    devices.tell_pages(session, device, run)
    if is_last or indexing.is_due(run, before):
        indexing.next_step(session, run)
    else:
        runs.next_step(session, run)


def apply_rows(session: TenantSession, batch: Batch) -> None:
    """Bring the rows into the address book, keep what was said and what was done."""
    work_out(session, batch)
    keys = list(batch.entries)
    done = bring_contacts(
        session,
        [batch.entries[key] for key in keys],
        source=batch.source,
        channel_id=batch.channel_id,
        is_to_greet=settings_of(session).greets,
        is_searched=not indexing.is_large(batch.run),
    )
    batch.brought = dict(zip(keys, done, strict=True))
    _keep_entries(session, batch)
    _keep_changes(session, batch)


def plan_rows(session: TenantSession, batch: Batch) -> None:
    """The same without writing: every row is told what would become of it."""
    work_out(session, batch)
    seen = _planned_before(session, batch)
    for key, entry in list(batch.entries.items()):
        address = entry.addresses[0].value
        if address in seen:
            del batch.entries[key]
            batch.refused[key] = TWICE
    keys = list(batch.entries)
    done = plan_contacts(
        session,
        [batch.entries[key] for key in keys],
        source=batch.source,
        channel_id=batch.channel_id,
    )
    batch.brought = dict(zip(keys, done, strict=True))
    addresses = {key: entry.addresses[0].value for key, entry in batch.entries.items()}
    update_rows(
        session,
        Staged,
        [
            {
                "id": row.id,
                "outcome": batch.outcome_of(row),
                "refusal": batch.refused.get(row.key, ""),
                "address": addresses.get(row.key, ""),
            }
            for row in cast(Sequence[Any], batch.rows)
        ],
    )


def work_out(session: TenantSession, batch: Batch) -> None:
    """Read the rows: who is refused, who becomes an entry of the book."""
    channel: Channel | None = session.get(Channel, batch.channel_id) if batch.channel_id else None
    region = channel.region if channel else tenant_of(session).default_region
    own = channel.own_address if channel else ""
    batch.known = _entries_of(session, batch)
    for row in batch.rows:
        known = batch.known.get(row.key)
        if row.is_removal or (known is not None and known.at > row.at):
            continue  # pushed meanwhile: the list is older than that
        if known is not None and known.refusal == ERASED:
            batch.refused[row.key] = ERASED
            continue
        try:
            batch.entries[row.key] = entry_of(row_of_said(row.said), region, own)
        except Left as left:
            batch.refused[row.key] = left.reason
    _refuse_hidden(session, batch)
    _refuse_twice(session, batch)


def _entries_of(session: TenantSession, batch: Batch) -> dict[str, Any]:
    found = session.execute(
        select(Entry.id, Entry.key, Entry.at, Entry.refusal).where(
            Entry.device_id == batch.device.id, Entry.key.in_([row.key for row in batch.rows])
        )
    )
    return {entry.key: entry for entry in found}


def _refuse_hidden(session: TenantSession, batch: Batch) -> None:
    """Who has no number: known people only. A LID is no phone; its person may be here already."""
    hidden = {key: entry for key, entry in batch.entries.items() if not is_reachable(entry)}
    if not hidden:
        return
    planned = plan_contacts(session, list(hidden.values()), channel_id=batch.channel_id)
    for key, found in zip(hidden, planned, strict=True):
        if found.outcome is BookOutcome.ADDED:
            del batch.entries[key]
            batch.refused[key] = HIDDEN


def _refuse_twice(session: TenantSession, batch: Batch) -> None:
    """A file may hold a number twice: its first row counts. A device's book can't."""
    if batch.device.channel_id is not None:
        return
    seen: set[str] = set()
    for key, entry in list(batch.entries.items()):
        address = entry.addresses[0].value
        if address in seen:
            del batch.entries[key]
            batch.refused[key] = TWICE
        seen.add(address)
    keys = list(batch.entries)
    planned = plan_contacts(session, [batch.entries[key] for key in keys], source=batch.source)
    contacts = {plan.contact_id for plan in planned if plan.contact_id is not None}
    fed = set(
        session.scalars(
            select(Entry.contact_id).where(
                Entry.contact_id.in_(contacts),
                Entry.device_id == batch.device.id,
                Entry.run_id == batch.run.id,
            )
        )
    )
    for key, plan in zip(keys, planned, strict=True):
        if plan.contact_id in fed:
            del batch.entries[key]
            batch.refused[key] = TWICE


def _planned_before(session: TenantSession, batch: Batch) -> set[str]:
    """The addresses of these rows that an earlier batch of the same preview has."""
    if batch.device.channel_id is not None:
        return set()
    addresses = {entry.addresses[0].value for entry in batch.entries.values()}
    return set(
        session.scalars(
            select(Staged.address).where(
                Staged.run_id == batch.run.id,
                Staged.outcome != "",
                Staged.outcome != REFUSED,
                Staged.address.in_(addresses),
            )
        )
    )


def _keep_entries(session: TenantSession, batch: Batch) -> None:
    """What the device said now, by its hash; what it no longer says is marked as gone."""
    new, changed, gone = [], [], []
    for row in batch.rows:
        known = batch.known.get(row.key)
        if row.is_removal:
            if known is not None and known.at <= row.at:
                gone.append({"id": known.id, "is_gone": True, "at": row.at})
            continue
        if known is not None and known.at > row.at:
            continue
        brought = batch.brought.get(row.key)
        refusal = batch.refused.get(row.key, "")
        values = {
            "run_id": batch.run.id,
            "digest": row.digest,
            "contact_id": brought.contact_id if brought else None,
            "refusal": refusal,
            "raw": str(row.said.get("r", "")) if refusal and refusal != ERASED else "",
            "at": row.at,
            "is_gone": False,
        }
        if known is None:
            new.append({"device_id": batch.device.id, "key": row.key, **values})
        else:
            changed.append({"id": known.id, **values})
    insert_unnamed(session, Entry, new)
    update_rows(session, Entry, changed)
    update_rows(session, Entry, gone)


def _keep_changes(session: TenantSession, batch: Batch) -> None:
    insert_unnamed(
        session,
        Change,
        [
            {
                "run_id": batch.run.id,
                "contact_id": brought.contact_id,
                "is_added": brought.outcome is BookOutcome.ADDED,
                "fields": [
                    [each.field, each.before, each.after, each.source_before, each.source_after]
                    for each in brought.changes
                ],
            }
            for brought in batch.brought.values()
            if brought.outcome is not BookOutcome.UNCHANGED
        ],
    )


def count(run: Run, batch: Batch) -> None:
    """Add up what became of the rows."""
    found = Counter(batch.outcome_of(row) for row in batch.rows)
    run.done += len(batch.rows)
    run.added += found[BookOutcome.ADDED]
    run.changed += found[BookOutcome.CHANGED]
    run.refused += found[REFUSED]
    run.gone += found[GONE]
