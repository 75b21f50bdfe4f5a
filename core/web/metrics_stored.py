"""The numbers that stand in the database: of the whole installation, whichever process is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from core.desk import Desk
from core.jobs.queues import QUEUES
from core.models import Job, JobState, RawInbox
from core.models.base import now
from core.pulse import living
from core.tenancy.session import SystemSession

SCHEDULED = "scheduled"
STATES = ("due", SCHEDULED, JobState.LEASED.value, JobState.DEAD.value, JobState.PARKED.value)


class Stored:
    """Reads them at each scrape, in one short transaction."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            with self._desk.database.system(write=False) as session:
                found = [*_jobs(session), *_inbox(session), *_processes(session)]
        except SQLAlchemyError:
            yield _gauge("sapa_database_up", "Whether the database answers", 0)
            return
        yield _gauge("sapa_database_up", "Whether the database answers", 1)
        yield from found


def _jobs(session: SystemSession) -> Iterator[GaugeMetricFamily]:
    moment = now()
    is_later = (Job.state == JobState.READY) & (Job.due_at > moment)
    rows = session.execute(
        select(Job.queue, Job.state, is_later, func.count(), func.min(Job.due_at)).group_by(
            Job.queue, Job.state, is_later
        )
    ).all()
    depth = dict.fromkeys(((queue, state) for queue in QUEUES for state in STATES), 0)
    oldest = dict.fromkeys(depth, 0.0)
    for queue, state, later, count, since in rows:
        # a queue that no version here knows is no label: labels are few and never free text
        key = (queue if queue in QUEUES else "other", _state(state, is_later=bool(later)))
        depth[key] = depth.get(key, 0) + count
        oldest[key] = max(oldest.get(key, 0.0), _age(since, moment))
    labels = ("queue", "state")
    yield _table("sapa_jobs", "Jobs by queue and state", labels, depth.items())
    text = "How long ago the oldest job of a queue and state was due; due: how far workers lag"
    yield _table("sapa_jobs_oldest_seconds", text, labels, oldest.items())


def _state(state: JobState, *, is_later: bool) -> str:
    if state is JobState.READY:
        return SCHEDULED if is_later else "due"
    return state.value


def _inbox(session: SystemSession) -> Iterator[GaugeMetricFamily]:
    count, since = session.execute(select(func.count(), func.min(RawInbox.received_at))).one()
    yield _gauge("sapa_inbox_bodies", "Deliveries that are stored and not read yet", count)
    age = _age(since, now())
    yield _gauge("sapa_inbox_oldest_seconds", "How long the oldest of them has waited", age)


def _processes(session: SystemSession) -> Iterator[GaugeMetricFamily]:
    alive = living(session)
    counts = {
        ("serve",): sum(each.serves for each in alive),
        ("work",): sum(each.works for each in alive),
    }
    text = "Processes that live, by what they do"
    yield _table("sapa_processes", text, ("part",), counts.items())


def _age(since: datetime | None, moment: datetime) -> float:
    return max(0.0, (moment - since).total_seconds()) if since else 0.0


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)


def _table(
    name: str, text: str, labels: tuple[str, ...], rows: Iterable[tuple[tuple[str, ...], Any]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=labels)
    for values, value in rows:
        family.add_metric(values, value)
    return family
