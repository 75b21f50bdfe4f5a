"""A desk with one tenant, one WhatsApp number and people to merge, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.config import Settings
from core.testing.installation import Installation, installation
from plugins import BUILTIN


@pytest.fixture
def house(settings: Settings) -> Iterator[Installation]:
    with installation(settings, BUILTIN) as built:
        yield built
