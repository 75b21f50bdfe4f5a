"""`sapa doctor`: what would go wrong later, found now, each with its cure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from core.config import Settings
from core.db import Database
from core.doctor import address, assets, clock, disk, processes, redis, secrets, zones
from core.doctor.database import look_at_database
from core.doctor.finding import Finding, Patient
from core.host.host import PluginHost
from core.host.record import PluginStatus

__all__ = ["Finding", "Patient", "examine"]

Check = Callable[[Patient], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    secrets.look,
    address.look,
    disk.look,
    assets.look,
    redis.look,
    processes.look,
    clock.look,
    zones.look,
)


def examine(settings: Settings, builtin: Iterable[str] = ()) -> list[Finding]:
    """All findings, in the order in which to cure them; empty: all is well. Changes nothing."""
    host = PluginHost.load(builtin)
    found, is_usable = look_at_database(settings, host)
    database = Database(settings) if is_usable else None
    try:
        patient = Patient(settings, database)
        for check in CHECKS:
            found += check(patient)
    finally:
        if database is not None:
            database.dispose()
    return [*found, *_plugins(host)]


def _plugins(host: PluginHost) -> Iterator[Finding]:
    for record in host.records:
        if record.status is not PluginStatus.ACTIVE:
            yield Finding(
                "plugin", f"The plugin {record.title} can't run: {record.error}", "Repair it."
            )
