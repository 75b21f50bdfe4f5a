"""A plugin's jobs: the ones it declares, and one for each event that it handles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from core.events import caused_at, handler_actor
from core.host.declarations import Handler
from core.host.record import PluginRecord
from core.host.switches import Switches
from core.jobs.schedule import Periodic
from core.jobs.spec import Handler as Run
from core.jobs.spec import JobSpec
from core.tenancy.session import TenantSession


def job_specs(
    records: Iterable[PluginRecord], switches: Switches
) -> list[tuple[str, JobSpec | Periodic]]:
    """(owner, job) of every given plugin, for the job registry."""
    found: list[tuple[str, JobSpec | Periodic]] = []
    for record in records:
        jobs = [*record.declared.jobs]
        jobs += [_handler_job(record.name, each) for each in record.declared.event_handlers]
        found += [(record.name, _pinned_job(job, switches)) for job in jobs]
    return found


def pinned_run(run: Run, switches: Switches) -> Run:
    """`run` with the tenant's switches pinned, so that services it calls may ask hooks."""

    def run_pinned(session: TenantSession, payload: Any) -> None:
        with switches.pinned(session):
            run(session, payload)

    return run_pinned


def _pinned_job(job: JobSpec | Periodic, switches: Switches) -> JobSpec | Periodic:
    if isinstance(job, Periodic):
        return replace(job, spec=_pinned_spec(job.spec, switches))
    return _pinned_spec(job, switches)


def _pinned_spec(spec: JobSpec, switches: Switches) -> JobSpec:
    return spec if spec.run is None else replace(spec, run=pinned_run(spec.run, switches))


def _handler_job(plugin: str, handler: Handler[Any]) -> JobSpec:
    """The job that rebuilds the event and hands it to the plugin, in the job's transaction."""
    name = handler_actor(plugin, handler.event.name)
    one, many = handler.run, handler.run_many

    def run_one(session: TenantSession, payload: dict[str, Any]) -> None:
        event = handler.event.from_payload(payload)
        with caused_at(event.depth):
            assert one is not None  # noqa: S101 - checked by Handler
            one(session, event)

    def run_many(session: TenantSession, payloads: list[dict[str, Any]]) -> None:
        events = [handler.event.from_payload(each) for each in payloads]
        with caused_at(max(each.depth for each in events)):
            assert many is not None  # noqa: S101 - checked by Handler
            many(session, events)

    if many is None:
        return JobSpec(name, run=run_one)
    return JobSpec(name, run=run_many, batch=True)
