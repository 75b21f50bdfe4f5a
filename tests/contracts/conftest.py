"""What the contracts' tests share."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def quiet_refusals() -> Iterator[None]:
    """FAB warns of each refusal; here thousands are meant, and would drown a failure's report."""
    log = logging.getLogger("flask_appbuilder.security.decorators")
    before = log.level
    log.setLevel(logging.ERROR)
    yield
    log.setLevel(before)
