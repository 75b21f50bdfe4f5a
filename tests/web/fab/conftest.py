"""The two toy applications: ours, and stock FAB for showing that its flaw is still there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.web.fab.toy import Toys


@pytest.fixture
def toys(tmp_path: Path) -> Toys:
    return Toys(tmp_path, tamed=True)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Toys:
    """One application for the tests of a file that leave the rows as they are."""
    return Toys(tmp_path_factory.mktemp("shared"), tamed=True)


@pytest.fixture(scope="session")
def stock_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that stock FAB has filled: its permission sync is too slow to repeat."""
    folder = tmp_path_factory.mktemp("stock")
    Toys(folder, tamed=False).engine.dispose()
    return folder / "toys.db"


@pytest.fixture
def stock(stock_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Toys:
    folder = tmp_path_factory.mktemp("stock")
    shutil.copy(stock_file, folder / "toys.db")
    return Toys(folder, tamed=False, filled=True, FAB_UPDATE_PERMS=False, FAB_CREATE_DB=False)
