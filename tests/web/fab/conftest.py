"""The two toy applications: ours, and stock FAB for showing that its flaw is still there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web.fab.toy import Toys


@pytest.fixture
def toys(tmp_path: Path) -> Toys:
    return Toys(tmp_path, tamed=True)


@pytest.fixture
def stock(tmp_path_factory: pytest.TempPathFactory) -> Toys:
    return Toys(tmp_path_factory.mktemp("stock"), tamed=False)
