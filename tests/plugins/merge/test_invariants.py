"""The sixteen invariants of merging, after every step of random stories, on both databases.

The proof tells three; `SAPA_MERGE_STORIES=100` makes it the long one.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from core.testing.installation import Installation
from tests.plugins.merge.machine.rules import MergeMachine

LONG = int(os.environ.get("SAPA_MERGE_STORIES", "3"))


def run(house: Installation, stories: int, steps: int) -> None:
    machine = type("Machine", (MergeMachine,), {"house": house})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=stories,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_sixteen_invariants_hold(house: Installation) -> None:
    run(house, stories=2, steps=20)
    assert house.desk.host.active["merge"].declared.merge_rules


@pytest.mark.prove
def test_the_sixteen_invariants_hold_for_long(house: Installation) -> None:
    run(house, stories=LONG, steps=50)
    assert house.desk.host.active["merge"].declared.merge_rules
