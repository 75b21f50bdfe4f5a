"""A whole application with one tenant and one WhatsApp number, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.config import Settings
from core.testing.installation import CloudLine, Installation, installation
from plugins import BUILTIN


@pytest.fixture
def house(settings: Settings) -> Iterator[Installation]:
    with installation(settings, BUILTIN, web=True) as built:
        yield built


@pytest.fixture
def line(house: Installation) -> Iterator[CloudLine]:
    with house.cloud() as connected:
        yield connected
