"""Removing a list: its entries and reports go, and where a person wants it, what came with it.

Contacts that the list alone brought and that nobody has used since may go with it. Whoever has a
conversation, a card, an order, a label, an edit or another device's entry stays in any case.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from core.api import (
    Conflict,
    Contact,
    FieldSource,
    Refused,
    TenantSession,
    delete_rows,
    enqueue,
    remove_unused_contacts,
    say,
)
from plugins.sync import devices, runs
from plugins.sync.models import Change, Device, Entry, Leaving, Run

ENTRIES_AT_ONCE = 1000
CHANGES_AT_ONCE = 5000


@dataclass(frozen=True)
class Outlook:
    """What removing a list comes to: `contacts` came with it (or were there and were brought up to
    date), of which at most `may_go` can go."""

    contacts: int
    may_go: int

    @property
    def stay(self) -> int:
        """Contacts that stay in any case, at least."""
        return self.contacts - self.may_go


def outlook(session: TenantSession, device: Device) -> Outlook:
    """What would happen to a list's contacts. Who is used shows only once everything that could
    point at them is looked at; so `may_go` leaves out who was merged or is on another device."""
    mine = select(Entry.contact_id).where(
        Entry.device_id == device.id, Entry.contact_id.is_not(None)
    )
    contacts = session.scalar(select(func.count()).select_from(mine.distinct().subquery())) or 0
    others = select(Entry.contact_id).where(
        Entry.device_id != device.id, Entry.is_gone.is_(False), Entry.contact_id.is_not(None)
    )
    alone = (
        select(func.count())
        .where(Contact.id.in_(mine), Contact.id.not_in(others))
        .where(Contact.customer_id == Contact.home_id)
    )
    return Outlook(contacts, session.scalar(alone) or 0)


def check_removable(device: Device) -> None:
    """Raise Refused where the device is a channel: that one is removed under My devices."""
    if device.file_name is None:
        raise Refused(say("Only lists from files are removed here: a number under My devices."))


def remove(session: TenantSession, device: Device, leaving: Leaving) -> None:
    """Begin to remove a list. Refused: it is a channel's; Conflict: a run of it works now."""
    check_removable(device)
    if runs.active_run(session, device) is not None:
        raise Conflict(say("A run of this list works now: wait until it is done."))
    if device.leaves is None:
        device.leaves = leaving
        session.flush()
        _next_step(session, device.id)
    devices.tell_pages(session, device)


def remove_some(session: TenantSession, payload: dict[str, Any]) -> None:
    """Remove the next entries of a list, then its reports, at last the list itself."""
    device = session.get(Device, payload["device_id"])
    if device is None or device.leaves is None:
        return
    device_id, leaving = device.id, device.leaves
    entries = session.execute(
        select(Entry.id, Entry.contact_id)
        .where(Entry.device_id == device_id)
        .order_by(Entry.id)
        .limit(ENTRIES_AT_ONCE)
    ).all()
    if leaving is Leaving.REMOVE:
        _let_go(session, device_id, {e.contact_id for e in entries if e.contact_id is not None})
    delete_rows(session, Entry, [{"id": entry.id} for entry in entries])
    if entries or _forget_changes(session, device_id):
        _next_step(session, device_id)
    else:
        delete_rows(session, Device, [{"id": device_id}])
    session.expire_all()
    devices.tell_pages_of(session, device_id)


def _let_go(session: TenantSession, device_id: int, contact_ids: Collection[int]) -> None:
    """Remove those that came from files alone, that no other device has and that nobody uses."""
    elsewhere = set(
        session.scalars(
            select(Entry.contact_id).where(
                Entry.contact_id.in_(contact_ids),
                Entry.device_id != device_id,
                Entry.is_gone.is_(False),
            )
        )
    )
    found = session.execute(select(Contact.id, Contact.sources).where(Contact.id.in_(contact_ids)))
    imported = {row.id for row in found if set(row.sources.values()) <= {FieldSource.IMPORT.value}}
    remove_unused_contacts(session, imported - elsewhere)


def _forget_changes(session: TenantSession, device_id: int) -> bool:
    """Some of what its runs did; whether there was any. The rows would go with the list, too, all
    of them at once."""
    mine = select(Run.id).where(Run.device_id == device_id)
    changes = session.scalars(
        select(Change.id).where(Change.run_id.in_(mine)).limit(CHANGES_AT_ONCE)
    ).all()
    delete_rows(session, Change, [{"id": each} for each in changes])
    return bool(changes)


def _next_step(session: TenantSession, device_id: int) -> None:
    enqueue(session, "sync.remove", {"device_id": device_id}, lane=runs.lane_of(device_id))
