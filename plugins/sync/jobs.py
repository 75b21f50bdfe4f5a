"""The sync's jobs: the clock, reading, working on what is staged, taking back, cleaning."""

from __future__ import annotations

from typing import Any

from core.api import (
    ChannelState,
    ChannelStateChanged,
    ContactErased,
    ContactPushReceived,
    Handler,
    JobSpec,
    Periodic,
    TenantSession,
    now,
    periodic,
)
from plugins.sync import devices, indexing, runs
from plugins.sync.applying import apply
from plugins.sync.cleaning import clean
from plugins.sync.listing import ListDevice
from plugins.sync.models import Device, Run
from plugins.sync.pushing import forget_contacts, take_push
from plugins.sync.removing import remove_some
from plugins.sync.undoing import gave_up, undo_some


@periodic("sync.tick", "* * * * *", queue="bulk")
def tick(session: TenantSession, payload: dict[str, Any]) -> None:
    """Begin a run of every automatic device whose time has come."""
    for device in devices.due_devices(session, now()):
        begin_due(session, device)


def begin_due(session: TenantSession, device: Device) -> None:
    """Begin the run of a device whose time has come, or say why it must wait."""
    channel = device.channel
    if channel is None or channel.archived_at is not None:
        device.is_automatic, device.next_at = False, None
    elif channel.state is not ChannelState.CONNECTED:
        # it stops trying: the event of its connection begins anew
        device.next_at, device.stopped = None, channel.reason
        devices.tell_pages(session, device)
    elif devices.can_list(session, channel):
        device.next_at = now() + devices.pause(session, 0)
        runs.begin_quietly(session, device)
    else:
        device.next_at = None  # it tells by itself
    session.flush()


def _channel_changed(session: TenantSession, event: ChannelStateChanged) -> None:
    if event.after == ChannelState.CONNECTED.value:
        devices.reconnected(session, event.channel_id)
    else:
        devices.disconnected(session, event.channel_id)


def _list_gave_up(session: TenantSession, payload: dict[str, Any], reason: str) -> None:
    run = session.get(Run, payload["run_id"])
    if run is not None:
        runs.fail(session, run, reason)


def _apply_gave_up(session: TenantSession, payload: dict[str, Any], reason: str) -> None:
    _list_gave_up(session, payload, reason)
    run = session.get(Run, payload["run_id"])
    if run is not None and indexing.is_large(run):
        indexing.next_step(session, run)  # whom it added is found all the same


JOBS: tuple[JobSpec | Periodic, ...] = (
    tick,
    clean,
    JobSpec("sync.list", call=ListDevice(), queue="bulk", max_attempts=5, on_dead=_list_gave_up),
    JobSpec("sync.apply", run=apply, queue="bulk", on_dead=_apply_gave_up),
    JobSpec("sync.index", run=indexing.index_some, queue="bulk", on_dead=indexing.gave_up),
    JobSpec("sync.undo", run=undo_some, queue="bulk", on_dead=gave_up),
    JobSpec("sync.remove", run=remove_some, queue="bulk"),
)

HANDLERS: tuple[Handler[Any], ...] = (
    Handler(event=ContactPushReceived, run=take_push),
    Handler(event=ContactErased, run_many=forget_contacts),
    Handler(event=ChannelStateChanged, run=_channel_changed),
)
