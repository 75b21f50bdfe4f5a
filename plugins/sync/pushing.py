"""What a device tells by itself: at once where it is automatic, else kept for the next run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import delete, select

from core.api import (
    Channel,
    ContactErased,
    ContactPushReceived,
    TenantSession,
    now,
)
from plugins.sync import devices
from plugins.sync.applying import ERASED, Batch, apply_rows, count
from plugins.sync.models import Change, Device, Entry, Run, RunKind, RunState, Staged
from plugins.sync.rows import Row, hashes_of_pushed


def take_push(session: TenantSession, event: ContactPushReceived) -> None:
    """Bring one pushed entry in, or note that the device no longer has it."""
    channel: Channel | None = session.get(Channel, event.channel_id)
    if channel is None or channel.archived_at is not None:
        return
    device = devices.device_of(session, channel)
    row = _row_of(device, event)
    if not device.is_automatic:
        _keep_for_later(session, device, row)
        return
    run = _run_of_today(session, device)
    before = Entry.device_id == device.id, Entry.key == row.key
    known = session.scalar(select(Entry).where(*before))
    if known is not None and (
        known.at > row.at or (known.digest == row.digest and known.is_gone == row.is_removal)
    ):
        return  # told before, or told since
    batch = Batch(device, run, [row])
    run_id, device_id = run.id, device.id
    apply_rows(session, batch)
    run, device = session.get_one(Run, run_id), session.get_one(Device, device_id)
    count(run, batch)
    run.listed += 0 if row.is_removal else 1
    run.total, run.finished_at = run.done, now()
    device.last_at = now()
    session.flush()
    devices.tell_pages(session, device, run)


def forget_contacts(session: TenantSession, events: Sequence[ContactErased]) -> None:
    """Nothing tells of erased contacts any more, and no run brings them back."""
    ids = [event.contact_id for event in events]
    for entry in session.scalars(select(Entry).where(Entry.contact_id.in_(ids))):
        entry.contact_id, entry.refusal, entry.raw = None, ERASED, ""
        session.execute(
            delete(Staged)
            .where(Staged.device_id == entry.device_id, Staged.key == entry.key)
            .execution_options(synchronize_session=False)
        )
    for change in session.scalars(select(Change).where(Change.contact_id.in_(ids))):
        change.fields = [[each[0], "", "", *each[3:]] for each in change.fields]
    session.flush()


def _row_of(device: Device, event: ContactPushReceived) -> Staged:
    key, digest = hashes_of_pushed(event.kind, event.address, event.contact_name)
    row = Row(event.contact_name, ((event.kind, event.address),), event.address)
    return Staged(
        device_id=device.id,
        key=key,
        digest=digest,
        said=row.said(),
        at=_moment(event.at),
        is_removal=event.is_removed,
    )


def _keep_for_later(session: TenantSession, device: Device, row: Staged) -> None:
    """The last word of the device on an entry waits for the next run."""
    same = Staged.device_id == device.id, Staged.key == row.key
    waiting = session.scalar(select(Staged).where(*same))
    if waiting is None:
        session.add(row)
    elif waiting.at <= row.at:
        waiting.digest, waiting.said = row.digest, row.said
        waiting.at, waiting.is_removal = row.at, row.is_removal
    session.flush()


def _run_of_today(session: TenantSession, device: Device) -> Run:
    """One report for what a device tells in a day. Handlers of a channel run one after another."""
    midnight = now().replace(hour=0, minute=0, second=0, microsecond=0)
    found = session.scalar(
        select(Run)
        .where(
            Run.device_id == device.id,
            Run.kind == RunKind.PUSH,
            Run.state == RunState.DONE,
            Run.begun_at >= midnight,
        )
        .order_by(Run.id.desc())
        .limit(1)
    )
    if found is None:
        found = Run(device_id=device.id, kind=RunKind.PUSH, state=RunState.DONE)
        session.add(found)
        session.flush()
    return found


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
