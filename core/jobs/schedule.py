"""Periodic work: every tick becomes one job, whichever process sees it first.

The schedule row is moved by compare-and-set and the job written in the same transaction, so that a
tick is neither lost nor doubled. APScheduler's CronTrigger computes the next time, nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from core.db import Database
from core.jobs.outbox import enqueue
from core.jobs.queues import NOW
from core.jobs.spec import Handler, JobSpec
from core.models.job import Schedule
from core.models.tenant import Tenant
from core.tenancy.session import SystemSession

IsOpen = Callable[[int, str], bool]


@dataclass(frozen=True)
class Periodic:
    """A job that a clock starts. One per tick for a system job, else one per open tenant."""

    spec: JobSpec
    cron: str
    time_zone: str = "UTC"
    _trigger: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        trigger = CronTrigger.from_crontab(self.cron, timezone=self.time_zone)
        object.__setattr__(self, "_trigger", trigger)

    @property
    def name(self) -> str:
        return self.spec.name

    def next_after(self, moment: datetime) -> datetime:
        """The first tick later than `moment`."""
        first: datetime = self._trigger.get_next_fire_time(moment, moment)
        return first


def periodic(
    name: str,
    cron: str,
    *,
    time_zone: str = "UTC",
    queue: str = NOW,
    max_attempts: int = 12,
    system: bool = False,
) -> Callable[[Handler], Periodic]:
    """Declare a function as periodic work, by crontab: `periodic("core.x", "0 3 * * *")`.

    Ticks that were missed while nothing ran are made up by one. A run still going holds the next
    one back: each name is a lane.
    """

    def declare(run: Handler) -> Periodic:
        spec = JobSpec(name, run=run, queue=queue, max_attempts=max_attempts, system=system)
        return Periodic(spec, cron, time_zone)

    return declare


def prepare(database: Database, declared: Iterable[Periodic], moment: datetime) -> None:
    """Give each periodic job its row; bring a tick forward that a changed crontab made earlier."""
    for item in declared:
        first = item.next_after(moment)
        with database.system(write=False) as session:
            stored = session.get(Schedule, item.name)
        if stored is None:
            try:
                with database.system() as session:
                    session.add(Schedule(name=item.name, next_at=first))
            except IntegrityError:
                continue  # another process was faster; it computed the same
        elif stored.next_at > first:
            with database.system() as session:
                _move(session, item.name, stored.next_at, first)


def tick(
    database: Database, declared: Iterable[Periodic], moment: datetime, is_open: IsOpen
) -> int:
    """Write a job for every periodic work whose time has come. Returns how many ticks were won."""
    by_name = {item.name: item for item in declared}
    if not by_name:
        return 0
    with database.system(write=False) as session:
        due = session.execute(
            select(Schedule.name, Schedule.next_at).where(Schedule.next_at <= moment)
        ).all()
    won = 0
    for name, old in due:
        item = by_name.get(name)
        if item is None:
            continue  # its plugin isn't installed here
        tenants = [None] if item.spec.system else _open_tenants(database, item.spec.owner, is_open)
        with database.system() as session:
            if not _move(session, name, old, item.next_after(moment)):
                continue
            for tenant_id in tenants:
                enqueue(
                    session,
                    name,
                    {},
                    lane=f"schedule:{name}",
                    due_at=moment,
                    tenant_id=tenant_id,
                )
            won += 1
    return won


def _move(session: SystemSession, name: str, old: datetime, new: datetime) -> bool:
    moved = session.execute(
        update(Schedule)
        .where(Schedule.name == name, Schedule.next_at == old)
        .values(next_at=new)
        .returning(Schedule.name)
        .execution_options(synchronize_session=False)
    )
    return moved.first() is not None


def _open_tenants(database: Database, owner: str, is_open: IsOpen) -> list[int | None]:
    with database.system(write=False) as session:
        ids = session.scalars(select(Tenant.id).where(Tenant.is_active).order_by(Tenant.id)).all()
    return [tenant_id for tenant_id in ids if owner == "core" or is_open(tenant_id, owner)]
