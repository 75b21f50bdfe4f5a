"""Job engines to measure: embedded on SQLite, over Redis on PostgreSQL, one tenant."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import redis as redis_client

from benchmarks._databases import on_postgres, on_sqlite
from core.db import Database
from core.jobs.engine import JobEngine
from core.jobs.outbox import NewJob, enqueue_all
from core.jobs.registry import JobRegistry
from core.jobs.spec import JobSpec
from core.migrations.runner import migrate
from core.models import Plan, Tenant
from core.testing.databases import run_redis

TENANT = 1
MODES = {"embedded": on_sqlite, "over Redis": on_postgres}


@dataclass
class Place:
    """A database with one tenant, and engines that work on its jobs."""

    database: Database
    redis: redis_client.Redis | None

    def engine(self, *specs: JobSpec, threads: int = 4) -> JobEngine:
        """Not started."""
        registry = JobRegistry()
        for spec in specs:
            registry.register(spec.owner, spec)
        return JobEngine(self.database, registry, redis=self.redis, threads=threads)

    def write(self, actor: str, count: int, new: Callable[[int], NewJob] | None = None) -> None:
        """`count` jobs in one transaction."""
        made = new or (lambda number: NewJob(actor, {"n": number}))
        with self.database.tenant(TENANT) as session:
            enqueue_all(session, [made(number) for number in range(count)])


@contextmanager
def place(mode: str) -> Iterator[Place]:
    """A fresh place; every commit reaches the disk."""
    logging.disable(logging.WARNING)
    with MODES[mode]() as settings, run_redis() if mode == "over Redis" else nullcontext() as url:
        if settings.is_sqlite:
            migrate(settings)
        database = Database(settings)
        with database.system() as session:
            plan = Plan(name="bench", title="Benchmarks")
            session.add(plan)
            session.flush()
            session.add(Tenant(id=TENANT, slug="bench", name="Bench", plan_id=plan.id))
        client = redis_client.Redis.from_url(url) if url else None
        try:
            yield Place(database, client)
        finally:
            if client is not None:
                client.close()
            database.dispose()
