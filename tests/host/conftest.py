"""A SQLite installation with two tenants on different plans, and hosts of the sample plugins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.config import Settings
from core.db import Database
from core.host.attach import attach
from core.host.host import PluginHost
from core.models import Base, Plan, Tenant

SAMPLES = ("tests.host.sample.greeter", "tests.host.sample.waver", "tests.host.sample.bridge")


@pytest.fixture
def load() -> Callable[..., PluginHost]:
    """Load module paths, without what happens to be installed on this machine."""

    def build(*paths: str) -> PluginHost:
        return PluginHost.load(paths, entry_points=False)

    return build


@pytest.fixture
def host(load: Callable[..., PluginHost]) -> PluginHost:
    return load(*SAMPLES)


@pytest.fixture
def database(tmp_path: Path, host: PluginHost) -> Iterator[Database]:
    """Tenant 1 may switch everything on, tenant 2 the greeter only."""
    database = Database(Settings(home=tmp_path))
    Base.metadata.create_all(database.engine)
    attach(database, host)
    with database.system() as session:
        session.add_all(
            [
                Plan(id=1, name="all", title="All", plugins=["*"]),
                Plan(id=2, name="small", title="Small", plugins=["greeter", "bridge"]),
            ]
        )
        session.flush()
        session.add_all(
            [
                Tenant(id=1, slug="one", name="One", plan_id=1),
                Tenant(id=2, slug="two", name="Two", plan_id=2),
            ]
        )
    yield database
    database.dispose()
