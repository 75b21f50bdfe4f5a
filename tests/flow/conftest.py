"""A whole application with one tenant and one WhatsApp number, on both databases.

Making an application costs a second: one of each kind stays for all tests, and its database is
emptied before each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from core.config import Settings
from core.testing.installation import CloudLine, Installation, installation
from core.testing.lending import Lender
from core.testing.prepared import copy_sqlite
from plugins import BUILTIN


@dataclass
class Place:
    """Where an application stays while tests come and go."""

    settings: Settings
    empty: Callable[[], object]
    app: Flask | None = None


@pytest.fixture(scope="session")
def sqlite_place(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    home = tmp_path_factory.mktemp("flow")
    return Place(Settings(home=home), lambda: copy_sqlite(sqlite_template, home))


@pytest.fixture(scope="session")
def postgres_place(
    postgres_lender: Lender, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    with postgres_lender.lend() as name:
        settings = postgres_lender.server.settings(name, tmp_path_factory.mktemp("flow"))
        yield Place(settings, lambda: postgres_lender.put_back(name))


@pytest.fixture(params=["sqlite", "postgres"])
def house(request: pytest.FixtureRequest) -> Iterator[Installation]:
    place: Place = request.getfixturevalue(f"{request.param}_place")
    place.empty()
    with installation(place.settings, BUILTIN, web=True, app=place.app) as built:
        place.app = built.app
        yield built


@pytest.fixture
def line(house: Installation) -> Iterator[CloudLine]:
    with house.cloud() as connected:
        yield connected
