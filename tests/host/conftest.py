"""An installation with two tenants on different plans, and hosts of the sample plugins."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from core.config import Settings
from core.db import Database
from core.host.attach import attach
from core.host.host import PluginHost
from core.host.models import discard
from core.models import Plan, Tenant

SAMPLES = ("tests.host.sample.greeter", "tests.host.sample.waver", "tests.host.sample.bridge")


@pytest.fixture
def load() -> Iterator[Callable[..., PluginHost]]:
    """Load module paths, without what happens to be installed on this machine.

    Afterwards their models are gone: other tests share the metadata.
    """
    loaded: set[str] = set()

    def build(*paths: str) -> PluginHost:
        loaded.update(paths)
        return PluginHost.load(paths, entry_points=False)

    yield build
    for path in loaded:
        discard(path, path)


@pytest.fixture
def host(load: Callable[..., PluginHost]) -> PluginHost:
    return load(*SAMPLES)


@pytest.fixture
def database(sqlite_settings: Settings, host: PluginHost) -> Iterator[Database]:
    """Tenant 1 may switch everything on, tenant 2 the greeter only."""
    yield from two_tenants(sqlite_settings, host)


@pytest.fixture
def each_database(settings: Settings, host: PluginHost) -> Iterator[Database]:
    """The same on SQLite, and on PostgreSQL as the role that row-level security binds."""
    yield from two_tenants(settings, host)


def two_tenants(settings: Settings, host: PluginHost) -> Iterator[Database]:
    database = Database(settings)
    attach(database, host)
    with database.system() as session:
        session.add_all(
            [
                Plan(id=101, name="all", title="All", plugins=["*"]),
                Plan(id=102, name="small", title="Small", plugins=["greeter", "bridge"]),
            ]
        )
        session.flush()
        session.add_all(
            [
                Tenant(id=1, slug="one", name="One", plan_id=101),
                Tenant(id=2, slug="two", name="Two", plan_id=102),
            ]
        )
    yield database
    database.dispose()
