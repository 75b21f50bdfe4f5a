"""The plugins as one tenant has them: what is on, what could be, and what keeps the rest off."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from core.audit import record
from core.errors import NotFound, Refused
from core.host.record import PluginRecord
from core.host.switches import EVERY_PLUGIN, Switched, SwitchRefused, UnknownPlugin
from core.services.tenants import tenant_of
from core.tenancy.session import TenantSession
from core.words import say


@dataclass(frozen=True)
class PluginRow:
    """One plugin on the Plugins screen. `why_not` is a sentence; empty where it may be on."""

    name: str
    title: str
    version: str
    family: str
    summary: str
    status: str
    is_on: bool
    in_plan: bool
    requires: tuple[str, ...]
    why_not: str
    failures: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def overview(session: TenantSession) -> list[PluginRow]:
    """Every plugin of the installation, the broken ones too, by family and title."""
    on = session.desk.host.switches.enabled(session)
    allowed = tenant_of(session).plan.plugins
    rows = [_row(record, on, allowed) for record in session.desk.host.records]
    return sorted(rows, key=lambda row: (row.family, row.title))


def enable(session: TenantSession, name: str) -> Switched:
    """Switch on, with what it requires. Refused (422) with the reason, NotFound."""
    return _switch(session, name, is_on=True)


def disable(session: TenantSession, name: str) -> Switched:
    """Switch off. Refused (422) while another plugin needs it, NotFound."""
    return _switch(session, name, is_on=False)


def _switch(session: TenantSession, name: str, *, is_on: bool) -> Switched:
    switches = session.desk.host.switches
    try:
        switched = switches.enable(session, name) if is_on else switches.disable(session, name)
    except UnknownPlugin as unknown:
        raise NotFound(unknown.message, "plugin") from unknown
    except SwitchRefused as refused:
        raise Refused(refused.message, "plugin") from refused
    for plugin in sorted(switched.on | switched.off):
        row = switches.row(session, plugin, is_enabled=plugin in switched.on)
        session.flush()
        turned = plugin in switched.on
        record(session, "switch", row, {plugin: (not turned, turned)})
    return switched


def _row(record: PluginRecord, on: frozenset[str], allowed: list[str]) -> PluginRow:
    manifest = record.manifest
    in_plan = EVERY_PLUGIN in allowed or record.name in allowed
    why_not = record.error
    if record.is_active and not in_plan:
        why_not = say("Your plan doesn't include it: ask your operator for a plan that does.")
    return PluginRow(
        name=record.name,
        title=record.title,
        version=manifest.version if manifest else "",
        family=manifest.family if manifest else "other",
        summary=manifest.summary if manifest else "",
        status=str(record.status.value),
        is_on=record.name in on,
        in_plan=in_plan,
        requires=tuple(manifest.requires) if manifest else (),
        why_not=why_not,
        failures=tuple(
            f"{failure.hook}: {failure.error} ({failure.count} times)"
            for failure in record.failures.values()
        ),
    )
