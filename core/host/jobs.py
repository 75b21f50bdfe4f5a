"""A plugin's jobs: the ones it declares, and one for each event that it handles."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.events import handler_actor
from core.host.declarations import Handler
from core.host.record import PluginRecord
from core.jobs.schedule import Periodic
from core.jobs.spec import JobSpec
from core.tenancy.session import TenantSession


def handler_job(plugin: str, handler: Handler[Any]) -> JobSpec:
    """The job that rebuilds the event and hands it to the plugin, in the job's transaction."""

    def run(session: TenantSession, payload: dict[str, Any]) -> None:
        handler.run(session, handler.event.from_payload(payload))

    return JobSpec(handler_actor(plugin, handler.event.name), run=run)


def job_specs(records: Iterable[PluginRecord]) -> list[tuple[str, JobSpec | Periodic]]:
    """(owner, job) of every given plugin, for the job registry."""
    found: list[tuple[str, JobSpec | Periodic]] = []
    for record in records:
        found += [(record.name, job) for job in record.declared.jobs]
        found += [
            (record.name, handler_job(record.name, handler))
            for handler in record.declared.event_handlers
        ]
    return found
