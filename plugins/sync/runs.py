"""Runs: beginning one or joining the one that works, ending it, and finding them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from core.api import Channel, Conflict, NotFound, Refused, TenantSession, enqueue, now, say
from plugins.sync import devices
from plugins.sync.models import Device, Entry, Run, RunKind, RunState, Staged, Upload


def synchronise(
    session: TenantSession, channel: Channel, *, asked_by: str = "", is_preview: bool = False
) -> Run:
    """Bring a channel's contacts up to date, or join the run that does. Refused: not connected."""
    devices.check_ready(session, channel)
    device = devices.device_of(session, channel)
    return begin(session, device, RunKind.MANUAL, asked_by=asked_by, is_preview=is_preview)


def begin(
    session: TenantSession,
    device: Device,
    kind: RunKind,
    *,
    asked_by: str = "",
    is_preview: bool = False,
) -> Run:
    """A new run of a device; where one works already, that one. Conflict: it is being undone."""
    if device.leaves:
        raise Conflict(say("This list is being removed: give yours another name, or wait."))
    working = active_run(session, device)
    if working is None:
        run = Run(
            device_id=device.id,
            active_device_id=device.id,
            kind=kind,
            is_preview=is_preview,
            asked_by=asked_by[:80],
        )
        try:
            with session.begin_nested():
                session.add(run)
        except IntegrityError:  # the unique index: another began one this very moment
            working = active_run(session, device)
            if working is None:
                raise
        else:
            enqueue(session, "sync.list", {"run_id": run.id}, lane=lane_of(device.id))
            devices.tell_pages(session, device, run)
            return run
    if working.state is RunState.UNDOING:
        raise Conflict(say("A run of this device is being undone: wait until that is done."))
    return working


def begin_quietly(session: TenantSession, device: Device) -> None:
    """The clock's run: where a person's works already, or an undo, there is nothing to do."""
    if active_run(session, device) is None:
        begin(session, device, RunKind.AUTOMATIC)


def active_run(session: TenantSession, device: Device) -> Run | None:
    """The run that works on a device now."""
    return session.scalar(select(Run).where(Run.active_device_id == device.id))


def run_of(session: TenantSession, run_id: int) -> Run:
    """A run by its id. Raises NotFound."""
    run = session.get(Run, run_id)
    if run is None:
        raise NotFound(say("There is no such run."))
    return run


def lane_of(device_id: int) -> str:
    """The jobs of one device run one after another."""
    return f"sync:{device_id}"


def next_step(session: TenantSession, run: Run) -> None:
    """Have the next rows of a run worked on."""
    enqueue(session, "sync.apply", {"run_id": run.id}, lane=lane_of(run.device_id))


def finish(session: TenantSession, run: Run) -> None:
    """All rows are worked on: the report stands."""
    device = session.get_one(Device, run.device_id)
    run.active_device_id, run.finished_at = None, now()
    if run.is_preview:
        run.state = RunState.PLANNED
    else:
        run.state = RunState.DONE
        run.refused = refused_now(session, device) if run.kind is not RunKind.PUSH else run.refused
        devices.went_well(session, device)
        session.execute(
            delete(Upload)
            .where(Upload.run_id == run.id)
            .execution_options(synchronize_session=False)
        )
    session.flush()
    devices.tell_pages(session, device, run)


def fail(session: TenantSession, run: Run, reason: str, *, is_final: bool = False) -> None:
    """The run ends without reaching its end; what it did stands in the report."""
    if not run.is_active:
        return
    device = session.get_one(Device, run.device_id)
    run.active_device_id, run.finished_at = None, now()
    run.state, run.reason = RunState.FAILED, reason[:500]
    devices.went_wrong(session, device, reason, is_final=is_final)
    session.flush()
    devices.tell_pages(session, device, run)


def apply_plan(session: TenantSession, run: Run, *, asked_by: str = "") -> None:
    """Do what a preview has shown. Conflict: another run was there since, or works now."""
    device = session.get_one(Device, run.device_id)
    if run.state is not RunState.PLANNED or not is_latest(session, run):
        raise Conflict(say("This preview is out of date: begin a new one."))
    if active_run(session, device) is not None:
        raise Conflict(say("Another run of this device works now: wait until it is done."))
    run.is_preview, run.state, run.active_device_id = False, RunState.APPLYING, device.id
    run.asked_by = asked_by[:80] or run.asked_by
    run.done = run.added = run.changed = run.refused = run.gone = 0
    run.finished_at = None
    session.flush()
    next_step(session, run)
    devices.tell_pages(session, device, run)


def discard(session: TenantSession, run: Run) -> None:
    """Forget a preview. Refused: it isn't one that waits."""
    if run.state is not RunState.PLANNED:
        raise Refused(say("Only a preview that waits can be discarded."))
    run.state = RunState.DISCARDED
    for model in (Staged, Upload):
        session.execute(
            delete(model).where(model.run_id == run.id).execution_options(synchronize_session=False)
        )
    session.flush()


def is_latest(session: TenantSession, run: Run, *, counting_previews: bool = True) -> bool:
    """Whether no later run of its device was there, pushes aside."""
    later = select(Run.id).where(
        Run.device_id == run.device_id, Run.id > run.id, Run.kind != RunKind.PUSH
    )
    if not counting_previews:
        later = later.where(Run.state.not_in([RunState.PLANNED, RunState.DISCARDED]))
    return session.scalar(later.limit(1)) is None


def latest_runs(session: TenantSession, device_ids: Sequence[int]) -> dict[int, Run]:
    """The last run of each device."""
    newest = select(func.max(Run.id)).where(Run.device_id.in_(device_ids)).group_by(Run.device_id)
    found = session.scalars(select(Run).where(Run.id.in_(newest)))
    return {run.device_id: run for run in found}


def runs_of(session: TenantSession, device: Device, limit: int = 20) -> Sequence[Run]:
    """The last runs of a device, the newest first."""
    return session.scalars(
        select(Run).where(Run.device_id == device.id).order_by(Run.id.desc()).limit(limit)
    ).all()


def refused_now(session: TenantSession, device: Device) -> int:
    """How many entries that stand on the device are left out."""
    counted = select(func.count()).where(
        Entry.device_id == device.id,
        Entry.refusal > "",  # `!=` would read all entries: no index has it
        Entry.is_gone.is_(False),
    )
    return session.scalar(counted) or 0
