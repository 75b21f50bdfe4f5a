"""The three policies that ship. Others come by the hook `routing_policies`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext

from core.api import Candidate, say


class RoundRobin:
    """In turn: whoever has waited longest for a conversation."""

    name = "round_robin"
    label = lazy_gettext("Round robin")
    hint = lazy_gettext("In turn: whoever has waited longest gets the next one.")

    def choose(
        self, candidates: Sequence[Candidate], memory: dict[str, Any], at: datetime
    ) -> Candidate:
        turns: dict[str, int] = memory.get("turns", {})
        chosen = min(candidates, key=lambda each: turns.get(str(each.member_id), 0))
        take_turn(memory, chosen)
        return chosen

    def reason(self, chosen: Candidate) -> str:
        return say("%(name)s's turn had come: the others got one later.", name=chosen.name)


class LeastLoaded:
    """Whoever has the fewest open conversations; of several, whose turn it is."""

    name = "least_loaded"
    label = lazy_gettext("Least loaded")
    hint = lazy_gettext("Whoever has the fewest open conversations gets the next one.")

    def choose(
        self, candidates: Sequence[Candidate], memory: dict[str, Any], at: datetime
    ) -> Candidate:
        chosen = min(
            candidates, key=lambda each: (each.open_count, _turn(memory, each), each.member_id)
        )
        take_turn(memory, chosen)
        return chosen

    def reason(self, chosen: Candidate) -> str:
        return say(
            "%(name)s had the fewest open conversations: %(number)d.",
            name=chosen.name,
            number=chosen.open_count,
        )


class Weighted:
    """In proportion to the weights: each choice moves an agent 1/weight further, the last is next.

    Who comes back begins where the others are: no flood of what was missed.
    """

    name = "weighted"
    label = lazy_gettext("Weighted")
    hint = lazy_gettext("In proportion to each agent's weight: 3 gets three times as many as 1.")

    def choose(
        self, candidates: Sequence[Candidate], memory: dict[str, Any], at: datetime
    ) -> Candidate:
        passed: dict[str, float] = memory.setdefault("passed", {})
        begin = float(memory.get("begin", 0.0))

        def place(each: Candidate) -> float:
            return max(passed.get(str(each.member_id), begin), begin)

        chosen = min(candidates, key=lambda each: (place(each), -each.weight, each.member_id))
        memory["begin"] = place(chosen)
        passed[str(chosen.member_id)] = place(chosen) + 1 / chosen.weight
        return chosen

    def reason(self, chosen: Candidate) -> str:
        return say("%(name)s was furthest behind their share by weight.", name=chosen.name)


def take_turn(memory: dict[str, Any], chosen: Candidate) -> None:
    """Note that somebody got one; the numbers only grow."""
    memory["last"] = int(memory.get("last", 0)) + 1
    memory.setdefault("turns", {})[str(chosen.member_id)] = memory["last"]


def _turn(memory: dict[str, Any], each: Candidate) -> int:
    return int(memory.get("turns", {}).get(str(each.member_id), 0))


POLICIES = (RoundRobin(), LeastLoaded(), Weighted())
