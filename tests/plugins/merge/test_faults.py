"""Whether the state machine would notice: each planted fault must break an invariant.

The proof plants every fifth; `SAPA_MERGE_FAULTS=all` plants every one, `0-11` those of that part.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config import Settings
from core.testing.installation import Installation, installation
from core.testing.prepared import prepared
from plugins import BUILTIN
from tests.plugins.merge.machine.faults import FAULTS, Fault, planted
from tests.plugins.merge.test_invariants import run

WANTED = os.environ.get("SAPA_MERGE_FAULTS", "")
FIRST, _, LAST = WANTED.partition("-")
PLANTED = FAULTS if WANTED == "all" else FAULTS[int(FIRST) : int(LAST) + 1] if LAST else FAULTS[::5]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One for all: each story rolls its tenant's transaction back."""
    settings = Settings(home=Path(tmp_path_factory.mktemp("faults")))
    prepared(settings, BUILTIN)
    with installation(settings, BUILTIN) as built:
        yield built


def is_noticed(house: Installation) -> bool:
    try:
        run(house, stories=15, steps=30)
    except (Exception, pytest.fail.Exception):  # whatever it breaks by; the latter is no Exception
        return True
    return False


@pytest.mark.prove
@pytest.mark.parametrize("fault", PLANTED, ids=str)
def test_a_planted_fault_is_noticed(house: Installation, fault: Fault) -> None:
    with planted(fault):
        assert is_noticed(house), f"nobody noticed that {fault.what}"


def test_there_are_enough_faults() -> None:
    assert len({fault.what for fault in FAULTS}) > 20
