"""Devices: which channels can be synchronised, automatic or by hand, and when the next run is."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.api import (
    Channel,
    ChannelState,
    Conflict,
    FetchesContacts,
    NotFound,
    Refused,
    TenantSession,
    enqueue,
    now,
    say,
    tell,
)
from plugins.sync.models import Device, Run
from plugins.sync.settings import settings_of

LONGEST_PAUSE = timedelta(hours=6)


def can_list(session: TenantSession, channel: Channel) -> bool:
    """Whether the channel's address book can be read."""
    return isinstance(session.desk.host.adapters.get(channel.kind), FetchesContacts)


def can_push(session: TenantSession, channel: Channel) -> bool:
    """Whether the channel tells of changes by itself."""
    adapter = session.desk.host.adapters.get(channel.kind)
    return adapter is not None and adapter.capabilities.contact_push


def can_sync(session: TenantSession, channel: Channel) -> bool:
    """Whether contacts can come from the channel at all."""
    return can_list(session, channel) or can_push(session, channel)


def channel_of(session: TenantSession, channel_id: int) -> Channel:
    """A living channel. Raises NotFound."""
    channel: Channel | None = session.get(Channel, channel_id)
    if channel is None or channel.archived_at is not None:
        raise NotFound(say("There is no such channel."))
    return channel


def channels_to_sync(session: TenantSession) -> list[Channel]:
    """The living channels that contacts can come from, by name."""
    found: Sequence[Channel] = session.scalars(
        select(Channel).where(Channel.archived_at.is_(None)).order_by(Channel.name)
    ).all()
    return [channel for channel in found if can_sync(session, channel)]


def device_by_id(session: TenantSession, device_id: int) -> Device:
    """A device. Raises NotFound."""
    found = session.get(Device, device_id)
    if found is None:
        raise NotFound(say("There is no such device."))
    return found


def devices_by_channel(session: TenantSession) -> dict[int, Device]:
    """The devices that are channels, by the channel's id."""
    rows = session.scalars(select(Device).where(Device.channel_id.is_not(None)))
    return {row.channel_id: row for row in rows if row.channel_id is not None}


def device_of(session: TenantSession, channel: Channel) -> Device:
    """The channel's device; made when it is first asked for."""
    wanted = select(Device).where(Device.channel_id == channel.id)
    found = session.scalar(wanted)
    if found is None:
        try:
            with session.begin_nested():
                session.add(Device(channel_id=channel.id))
        except IntegrityError:
            pass  # somebody else was first
        found = session.scalars(wanted).one()
    return found


def file_device(session: TenantSession, name: str) -> Device:
    """The device that files of this name belong to. Refused: no name; Conflict: it is on its way
    out."""
    name = " ".join(name.split())[:120]
    if not name:
        raise Refused(say("Give the list a name."), "name")
    found = session.scalar(select(Device).where(Device.file_name == name))
    if found is None:
        found = Device(file_name=name)
        session.add(found)
        session.flush()
    if found.leaves:
        raise Conflict(say("This list is being removed: give yours another name, or wait."), "name")
    return found


def file_devices(session: TenantSession) -> Sequence[Device]:
    """The lists that files were uploaded to, by name."""
    return session.scalars(
        select(Device).where(Device.file_name.is_not(None)).order_by(Device.file_name)
    ).all()


def check_ready(session: TenantSession, channel: Channel) -> None:
    """Raise Refused with what to do, unless contacts can come from the channel now (A1)."""
    if not can_sync(session, channel):
        raise Refused(say("Contacts can't be read from this kind of device."))
    if channel.state is not ChannelState.CONNECTED:
        raise Refused(channel.reason or say("Connect this device first: it isn't connected now."))


def switch_on(session: TenantSession, channel: Channel) -> Device:
    """Synchronise by itself from now on; the first run is due at once. Refused: not connected."""
    check_ready(session, channel)
    device = device_of(session, channel)
    if not device.is_automatic:
        device.is_automatic = True
        _begin_anew(device)
        session.flush()
        enqueue(session, "sync.tick", {})  # not only at the next minute
        tell_pages(session, device)
    return device


def switch_off(session: TenantSession, channel: Channel) -> Device:
    """Synchronise by hand from now on. What was brought stays (A11)."""
    device = device_of(session, channel)
    if device.is_automatic:
        device.is_automatic = False
        device.next_at, device.failures, device.stopped = None, 0, ""
        session.flush()
        tell_pages(session, device)
    return device


def went_well(session: TenantSession, device: Device) -> None:
    """A run is done: the next one after the usual pause."""
    device.last_at, device.failures, device.stopped = now(), 0, ""
    device.next_at = now() + pause(session, 0) if device.is_automatic else None


def went_wrong(session: TenantSession, device: Device, reason: str, *, is_final: bool) -> None:
    """A run failed: later again, each time later; `is_final`: not before something happened."""
    device.failures += 1
    device.stopped = reason[:500]
    again = device.is_automatic and not is_final
    device.next_at = now() + pause(session, device.failures) if again else None


def reconnected(session: TenantSession, channel_id: int) -> None:
    """The channel works again: an automatic device is read at once."""
    device = session.scalar(select(Device).where(Device.channel_id == channel_id))
    if device is None or not device.is_automatic or device.channel is None:
        return
    if device.channel.state is ChannelState.CONNECTED:  # it may have broken again since
        _begin_anew(device)
        session.flush()


def disconnected(session: TenantSession, channel_id: int) -> None:
    """The channel no longer works: an automatic device says why, and isn't asked again."""
    device = session.scalar(select(Device).where(Device.channel_id == channel_id))
    if device is None or not device.is_automatic or device.channel is None:
        return
    if device.channel.state is not ChannelState.CONNECTED:  # it may work again since
        device.next_at, device.stopped = None, device.channel.reason
        session.flush()
        tell_pages(session, device)


def pause(session: TenantSession, failures: int) -> timedelta:
    """How long until the next run: the setting, doubled for each failure, a tenth of it chance."""
    usual = timedelta(minutes=settings_of(session).minutes)
    longest = max(usual, LONGEST_PAUSE)
    doubled: int = 2 ** min(failures, 10)
    wanted = min(usual * doubled, longest)
    return wanted * random.uniform(0.9, 1.1)  # noqa: S311 - jitter, no secret


def due_devices(session: TenantSession, moment: datetime) -> Sequence[Device]:
    """Automatic devices whose time has come."""
    return session.scalars(
        select(Device).where(Device.is_automatic, Device.next_at <= moment).order_by(Device.id)
    ).all()


def tell_pages(session: TenantSession, device: Device, run: Run | None = None) -> None:
    """Open pages look again."""
    tell_pages_of(session, device.id, run.id if run else 0)


def tell_pages_of(session: TenantSession, device_id: int, run_id: int = 0) -> None:
    """The same for a device that is gone."""
    tell(session, "sync", device=device_id, run=run_id)


def _begin_anew(device: Device) -> None:
    device.failures, device.stopped, device.next_at = 0, "", now()
