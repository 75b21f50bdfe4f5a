"""Jobs of a plugin that is switched off wait, and are sorted when it is switched on again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, select, update

from core.db import Database
from core.jobs.claim import Pair
from core.jobs.failure import describe
from core.jobs.fence import change, hold
from core.jobs.outbox import enqueue, ring_after_commit
from core.jobs.registry import JobRegistry
from core.jobs.spec import JobSpec
from core.models.base import now
from core.models.job import Job, JobState
from core.tenancy.session import BaseSession, TenantSession

logger = logging.getLogger(__name__)

STALE = "not sent: the plugin was off"
AT_ONCE = 500  # ids in one statement


class Parked(NamedTuple):
    """A job that waits for its plugin."""

    id: int
    payload: dict[str, Any]
    due_at: datetime


def park(session: BaseSession, tenant_id: int | None, pairs: list[Pair]) -> None:
    """Set leased jobs aside until their plugin is switched on. A parked job holds no lane."""
    for pair in pairs:
        held = hold(session, tenant_id, pair)
        if held is None:
            continue
        session.execute(
            update(Job)
            .where(Job.id == held.id)
            .values(state=JobState.PARKED, lease_until=None, last_error="The plugin is off.")
            .execution_options(synchronize_session=False)
        )


def unpark(
    session: TenantSession, plugin: str, registry: JobRegistry, *, moment: datetime | None = None
) -> int:
    """Make a plugin's parked jobs ready again, for the session's tenant; returns how many. Its jobs
    that are done `at_switch_on` are written.

    Call it in the transaction that switches the plugin on. Jobs of a kind with `stale_after` that
    waited longer than that past their time end instead, through `on_stale`.
    """
    moment = moment or now()
    ready = 0
    for spec in registry:
        if spec.at_switch_on and spec.owner == plugin:
            enqueue(session, spec.name, {}, lane=spec.name, due_at=moment)
        parked = _parked_for(session, plugin, spec)
        stale = _drop_stale(session, spec, parked, moment) if spec.stale_after else set()
        ready += _wake(session, [job.id for job in parked if job.id not in stale])
    ring_after_commit(session)
    return ready


def _wake(session: TenantSession, ids: list[int]) -> int:
    """Make jobs ready that are parked still; how many those are."""
    woken = 0
    for start in range(0, len(ids), AT_ONCE):
        rows = session.execute(
            update(Job)
            .where(Job.id.in_(ids[start : start + AT_ONCE]), Job.state == JobState.PARKED)
            .values(state=JobState.READY, last_error="")
            .returning(Job.id)
            .execution_options(synchronize_session=False)
        )
        woken += len(rows.all())
    return woken


def _parked_for(session: TenantSession, plugin: str, spec: JobSpec) -> list[Parked]:
    """The tenant's parked jobs of one kind that wait for `plugin`."""
    if spec.owner != plugin and spec.plugin_of is None:
        return []
    rows = session.execute(
        select(Job.id, Job.payload, Job.due_at)
        .where(
            Job.tenant_id == session.tenant_id,
            Job.actor == spec.name,
            Job.state == JobState.PARKED,
        )
        .order_by(Job.id)
    )
    parked = [Parked(*row) for row in rows]
    if spec.plugin_of is None:
        return parked
    return [job for job in parked if spec.plugin_of(session, job.payload) == plugin]


def _drop_stale(
    session: TenantSession, spec: JobSpec, parked: list[Parked], moment: datetime
) -> set[int]:
    """End what waited too long; the ids of those jobs."""
    assert spec.stale_after is not None  # noqa: S101 - the caller asked
    stale = [job for job in parked if job.due_at < moment - spec.stale_after]
    for job in stale:
        try:
            with session.begin_nested():
                if spec.on_stale is not None:
                    spec.on_stale(session, job.payload, STALE)
                session.execute(
                    delete(Job).where(Job.id == job.id).execution_options(synchronize_session=False)
                )
        except Exception as error:  # one bad job keeps no plugin from being switched on
            logger.error("Job %s of %s can't end as stale: %s", job.id, spec.name, describe(error))
            change(session, [job.id], state=JobState.DEAD, last_error=describe(error))
    return {job.id for job in stale}


def unpark_open(
    database: Database, registry: JobRegistry, is_open: Callable[[int, str], bool], moment: datetime
) -> int:
    """Find parked jobs whose plugin is on, and unpark them.

    A switch unparks by itself; this catches a job parked while the switch was being turned, and
    plugins that came back with an installation.
    """
    with database.system(write=False) as session:
        parked = session.execute(
            select(Job.tenant_id, Job.actor).where(Job.state == JobState.PARKED).distinct()
        ).all()
    waited_for = {
        (row.tenant_id, plugin)
        for row in parked
        if row.tenant_id is not None and (spec := registry.get(row.actor)) is not None
        for plugin in _waited_for(database, row.tenant_id, spec)
    }
    woken = 0
    for tenant_id, plugin in sorted(waited_for):
        if plugin == "core" or is_open(tenant_id, plugin):
            with database.tenant(tenant_id) as tenant_session:
                woken += unpark(tenant_session, plugin, registry, moment=moment)
    return woken


def _waited_for(database: Database, tenant_id: int, spec: JobSpec) -> set[str]:
    """The plugins that a tenant's parked jobs of one kind wait for."""
    if spec.plugin_of is None:
        return {spec.owner}
    with database.tenant(tenant_id, write=False) as session:
        payloads = session.scalars(
            select(Job.payload).where(
                Job.tenant_id == tenant_id,
                Job.actor == spec.name,
                Job.state == JobState.PARKED,
            )
        ).all()
        plugins = {spec.plugin_of(session, payload) for payload in payloads}
    return {plugin for plugin in plugins if plugin is not None}
