"""Ratios on a noisy machine: both sides in turn, a ratio for each pair, their median and spread."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """Ours against the limit, pair by pair."""

    pairs: tuple[tuple[float, float], ...]

    @property
    def each(self) -> list[float]:
        return sorted(ours / limit for ours, limit in self.pairs)

    @property
    def median(self) -> float:
        return statistics.median(self.each)

    def __str__(self) -> str:
        low, high = self.each[0], self.each[-1]
        return f"{self.median:.2f} ({low:.2f} to {high:.2f} in {len(self.pairs)} pairs)"


def pairs(ours: Callable[[], float], limit: Callable[[], float], *, rounds: int) -> Ratio:
    """Measure both in turn, `rounds` times after one for warmth; who is first changes each time."""
    ours(), limit()
    found: list[tuple[float, float]] = []
    for number in range(rounds):
        if number % 2:
            mine, theirs = ours(), limit()
        else:
            theirs, mine = limit(), ours()
        found.append((mine, theirs))
    return Ratio(tuple(found))
