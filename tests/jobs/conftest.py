"""Both databases with two tenants in them, engines, and a table that counts effects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, select, text

from core.config import Settings
from core.db import Database
from core.jobs.engine import JobEngine
from core.jobs.registry import JobRegistry
from core.jobs.spec import JobSpec
from core.models import Job, Plan, Tenant
from tests.jobs.effects import Effect, EffectBase


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC) + timedelta(seconds=5)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


def opened(settings: Settings) -> Iterator[Database]:
    """The database with two tenants in it, and a table for effects."""
    owner = create_engine(settings.owner_url)
    EffectBase.metadata.create_all(owner)
    if not settings.is_sqlite:
        with owner.begin() as connection:
            for what in ("table test_effect", "sequence test_effect_id_seq"):
                connection.execute(text(f"grant all on {what} to sapa_app, sapa_system"))
    owner.dispose()
    database = Database(settings)
    with database.system() as session:
        plan = Plan(name="jobs", title="Jobs")
        session.add(plan)
        session.flush()
        for tenant_id in (1, 2):
            session.add(
                Tenant(id=tenant_id, slug=f"t{tenant_id}", name=f"T{tenant_id}", plan_id=plan.id)
            )
    yield database
    database.dispose()


@pytest.fixture
def sqlite(sqlite_settings: Settings) -> Iterator[Database]:
    yield from opened(sqlite_settings)


@pytest.fixture
def postgres(postgres_settings: Settings) -> Iterator[Database]:
    """As the role that row-level security binds, the relay as the one that sees all tenants."""
    yield from opened(postgres_settings)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    """Each rule holds on both."""
    found: Database = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def build(database: Database, clock: Clock) -> Iterator[Callable[..., JobEngine]]:
    """Engines for the given specs, stopped at the end. They read the test's clock."""
    engines: list[JobEngine] = []

    def build_engine(*specs: JobSpec, **options: object) -> JobEngine:
        registry = JobRegistry()
        for spec in specs:
            registry.register(spec.owner, spec)
        engine = JobEngine(database, registry, **{"clock": clock, **options})  # type: ignore[arg-type]
        engines.append(engine)
        return engine

    yield build_engine
    for engine in engines:
        engine.stop(timeout=10)


@pytest.fixture
def effects(database: Database) -> Callable[[], list[str]]:
    """The keys of all effects, in the order they were written."""

    def read() -> list[str]:
        with database.system(write=False) as session:
            return list(session.scalars(select(Effect.key).order_by(Effect.id)))

    return read


@pytest.fixture
def jobs(database: Database) -> Callable[[], list[Job]]:
    """All job rows by id."""

    def read() -> list[Job]:
        with database.system(write=False) as session:
            return list(session.scalars(select(Job).order_by(Job.id)))

    return read
