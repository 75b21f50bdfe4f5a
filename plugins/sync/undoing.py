"""Undoing a run: what it added and nobody has used since goes, what it changed is as before.

Undoing makes the device manual: its next run would bring everything back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from core.api import (
    Conflict,
    FieldChange,
    Refused,
    TenantSession,
    enqueue,
    now,
    remove_unused_contacts,
    restore_fields,
    say,
    update_rows,
)
from plugins.sync import devices, runs
from plugins.sync.models import Change, Device, Entry, Run, RunState

CHANGES_AT_ONCE = 1000
KEPT, RESTORED = "kept", "restored"


def can_undo(run: Run) -> bool:
    """Whether there is something to undo."""
    return run.state in (RunState.DONE, RunState.FAILED) and bool(run.added or run.changed)


def undo(session: TenantSession, run: Run, *, asked_by: str = "") -> None:
    """Begin to undo a run. Refused: it did nothing; Conflict: its device works now."""
    if not can_undo(run):
        raise Refused(say("There is nothing to undo in this run."))
    device = session.get_one(Device, run.device_id)
    try:
        with session.begin_nested():
            run.state, run.active_device_id = RunState.UNDOING, device.id
            run.total, run.done = run.added + run.changed, 0
            run.reason = ""
            session.flush()
    except IntegrityError as taken:
        session.refresh(run)
        raise Conflict(
            say("Another run of this device works now: wait until it is done.")
        ) from taken
    device.is_automatic, device.next_at = False, None
    session.flush()
    _next_step(session, run)
    devices.tell_pages(session, device, run)


def undo_some(session: TenantSession, payload: dict[str, Any]) -> None:
    """Undo the next changes of a run, and ask for those after them."""
    run = session.get(Run, payload["run_id"])
    if run is None or run.state is not RunState.UNDOING:
        return
    device = session.get_one(Device, run.device_id)
    todo = session.execute(  # plain rows: the session forgets its own on the way
        select(Change.id, Change.contact_id, Change.is_added, Change.fields)
        .where(Change.run_id == run.id, Change.fate == "")
        .order_by(Change.is_added, Change.id.desc())  # back the way it came
        .limit(CHANGES_AT_ONCE)
    ).all()
    run_id, device_id = run.id, device.id
    added = [change for change in todo if change.is_added]
    stays = _remove(session, device_id, added)
    kept = _restore(session, device_id, [change for change in todo if not change.is_added])
    run, device = session.get_one(Run, run_id), session.get_one(Device, device_id)
    run.done += len(todo)
    run.removed += len(added) - len(stays)
    run.kept += len(stays) + kept
    run.restored += len(todo) - len(added) - kept
    if len(todo) < CHANGES_AT_ONCE:
        run.state, run.active_device_id, run.finished_at = RunState.UNDONE, None, now()
    else:
        _next_step(session, run)
    session.flush()
    devices.tell_pages(session, device, run)


def _remove(session: TenantSession, device_id: int, added: Sequence[Any]) -> dict[int, str]:
    """Remove those that nobody needs; why the others stay, by contact."""
    by_contact = {change.contact_id: change.id for change in added}
    if not by_contact:
        return {}
    elsewhere = session.scalars(
        select(Entry.contact_id).where(
            Entry.contact_id.in_(by_contact),
            Entry.device_id != device_id,
            Entry.is_gone.is_(False),
        )
    )
    stays = {contact_id: "elsewhere" for contact_id in elsewhere if contact_id is not None}
    free = [contact_id for contact_id in by_contact if contact_id not in stays]
    stays |= remove_unused_contacts(session, free)
    _settle(session, {by_contact[each]: (KEPT, why) for each, why in stays.items()})
    return stays


def _restore(session: TenantSession, device_id: int, changed: Sequence[Any]) -> int:
    """Give fields back what they had; how many changes stay, some of their fields at least.

    `changed` comes last change first.
    """
    fates: dict[int, tuple[str, str]] = {}
    for turn in _turns(changed):
        wanted = {each.contact_id: [FieldChange(*field) for field in each.fields] for each in turn}
        left = restore_fields(session, wanted)
        for each in turn:
            fates[each.id] = (KEPT, "changed") if each.contact_id in left else (RESTORED, "")
    _settle(session, fates)
    # what is as it was before is news to the next run
    session.execute(
        update(Entry)
        .where(
            Entry.device_id == device_id,
            Entry.contact_id.in_([change.contact_id for change in changed]),
        )
        .values(digest="")
        .execution_options(synchronize_session=False)
    )
    return sum(fate == KEPT for fate, _ in fates.values())


def _turns(changed: Sequence[Any]) -> list[list[Any]]:
    """The changes in sets of one for each contact, in their order: what was written last goes
    first. A run that reads a device changes a contact once, a day of pushes many times."""
    turns: list[list[Any]] = []
    met: Counter[int] = Counter()
    for change in changed:
        if met[change.contact_id] == len(turns):
            turns.append([])
        turns[met[change.contact_id]].append(change)
        met[change.contact_id] += 1
    return turns


def _settle(session: TenantSession, fates: Mapping[int, tuple[str, str]]) -> None:
    """Write what became of changes, by their ids."""
    rows = [{"id": each, "fate": fate, "why": why} for each, (fate, why) in sorted(fates.items())]
    update_rows(session, Change, rows)


def _next_step(session: TenantSession, run: Run) -> None:
    enqueue(session, "sync.undo", {"run_id": run.id}, lane=runs.lane_of(run.device_id))


def gave_up(session: TenantSession, payload: dict[str, Any], reason: str) -> None:
    """The last attempt is used up: what is undone stays undone, and it may be begun again."""
    run = session.get(Run, payload["run_id"])
    if run is not None and run.state is RunState.UNDOING:
        run.state, run.active_device_id, run.reason = RunState.FAILED, None, reason[:500]
