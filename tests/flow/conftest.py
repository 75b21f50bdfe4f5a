"""A whole application with one tenant and one WhatsApp number, on both databases.

Making an application costs a second: one of each kind stays for all tests, and its database is
emptied before each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from core.config import Settings
from core.host.host import PluginHost
from core.testing.installation import CloudLine, Installation, installation
from core.testing.lending import Lender
from core.testing.prepared import copy_sqlite
from plugins import BUILTIN
from tests.flow.processes import Nursery, nursery

# Before any test imports a plugin's models: the loader notes whose the tables are as it imports
# them, and takes those that are there already for somebody else's.
PluginHost.load(BUILTIN, entry_points=False)


@pytest.fixture(scope="session")
def born() -> Iterator[Nursery]:
    """What bears the processes that are to be killed."""
    with nursery() as found:
        yield found


@dataclass
class Place:
    """Where an application stays while tests come and go."""

    settings: Settings
    app: Flask | None = None


@pytest.fixture(scope="session")
def sqlite_place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(Settings(home=tmp_path_factory.mktemp("flow")))


class PostgresPlaces:
    """One place after another: a test that changed the schema used its database up."""

    def __init__(self, lender: Lender, homes: Callable[[], Path]) -> None:
        self._lender = lender
        self._homes = homes
        self._lent = ExitStack()
        self._name = ""
        self._place: Place | None = None

    def empty(self) -> Place:
        """A place whose database is as the template is."""
        if self._place is None or not self._lender.put_back(self._name):
            self.close()
            self._name = self._lent.enter_context(self._lender.lend())
            self._place = Place(self._lender.server.settings(self._name, self._homes()))
        return self._place

    def close(self) -> None:
        self._lent.close()


@pytest.fixture(scope="session")
def postgres_places(
    postgres_lender: Lender, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PostgresPlaces]:
    places = PostgresPlaces(postgres_lender, lambda: tmp_path_factory.mktemp("flow"))
    yield places
    places.close()


def empty_place(request: pytest.FixtureRequest) -> Place:
    if request.param == "postgres":
        return request.getfixturevalue("postgres_places").empty()
    place: Place = request.getfixturevalue("sqlite_place")
    copy_sqlite(request.getfixturevalue("sqlite_template"), place.settings.home)
    return place


@pytest.fixture(params=["sqlite", "postgres"])
def house(request: pytest.FixtureRequest) -> Iterator[Installation]:
    place = empty_place(request)
    with installation(place.settings, BUILTIN, web=True, app=place.app) as built:
        place.app = built.app
        yield built


@pytest.fixture
def line(house: Installation) -> Iterator[CloudLine]:
    with house.cloud() as connected:
        yield connected
