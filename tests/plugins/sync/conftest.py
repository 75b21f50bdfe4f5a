"""A desk with one tenant whose sync is on, and one paired phone; both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.config import Settings
from core.services import plugins
from core.testing.installation import Installation, installation
from plugins import BUILTIN
from tests.plugins.sync.phone import Phone, phone_of


@pytest.fixture
def house(settings: Settings) -> Iterator[Installation]:
    with installation(settings, BUILTIN) as built:
        with built.tenant() as session:
            plugins.enable(session, "sync")
        yield built


@pytest.fixture
def phone(house: Installation) -> Iterator[Phone]:
    with phone_of(house) as connected:
        yield connected
