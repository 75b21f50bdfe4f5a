"""Jobs of a plugin that is switched off wait, and are sorted when it is switched on again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import delete, select, update

from core.db import Database
from core.jobs.claim import Pair
from core.jobs.failure import describe
from core.jobs.fence import hold
from core.jobs.registry import JobRegistry
from core.models.base import now
from core.models.job import Job, JobState
from core.tenancy.session import BaseSession, TenantSession

logger = logging.getLogger(__name__)

STALE = "not sent: the plugin was off"


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
    """Make a plugin's parked jobs ready again, for the session's tenant; returns how many.

    Call it in the transaction that switches the plugin on. Jobs of a kind with `stale_after` that
    waited longer than that past their time end instead, through `on_stale`.
    """
    moment = moment or now()
    ready = 0
    for actor in registry.names_of(plugin):
        _drop_stale(session, actor, registry, moment)
        woken = session.execute(
            update(Job)
            .where(
                Job.tenant_id == session.tenant_id,
                Job.actor == actor,
                Job.state == JobState.PARKED,
            )
            .values(state=JobState.READY, last_error="")
            .returning(Job.id)
            .execution_options(synchronize_session=False)
        )
        ready += len(woken.all())
    for ring in session.database.on_enqueue:
        session.on_commit(ring)
    return ready


def _drop_stale(
    session: TenantSession, actor: str, registry: JobRegistry, moment: datetime
) -> None:
    spec = registry.get(actor)
    if spec is None or spec.stale_after is None:
        return
    stale = session.execute(
        select(Job.id, Job.payload).where(
            Job.tenant_id == session.tenant_id,
            Job.actor == actor,
            Job.state == JobState.PARKED,
            Job.due_at < moment - spec.stale_after,
        )
    ).all()
    for row in stale:
        try:
            with session.begin_nested():
                if spec.on_stale is not None:
                    spec.on_stale(session, row.payload, STALE)
                session.execute(
                    delete(Job).where(Job.id == row.id).execution_options(synchronize_session=False)
                )
        except Exception as error:  # one bad job keeps no plugin from being switched on
            logger.error("Job %s of %s can't end as stale: %s", row.id, actor, describe(error))
            session.execute(
                update(Job)
                .where(Job.id == row.id)
                .values(state=JobState.DEAD, last_error=describe(error))
                .execution_options(synchronize_session=False)
            )


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
    open_now = {
        (row.tenant_id, spec.owner)
        for row in parked
        if (spec := registry.get(row.actor)) is not None
        and row.tenant_id is not None
        and (spec.owner == "core" or is_open(row.tenant_id, spec.owner))
    }
    woken = 0
    for tenant_id, plugin in sorted(open_now):
        with database.tenant(tenant_id) as tenant_session:
            woken += unpark(tenant_session, plugin, registry, moment=moment)
    return woken
