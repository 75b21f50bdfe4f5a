"""Ratios on a noisy machine: both sides in turn, a ratio for each pair."""

from __future__ import annotations

from collections.abc import Callable


def pairs(
    ours: Callable[[], float], limit: Callable[[], float], *, rounds: int
) -> tuple[float, ...]:
    """Measure both in turn, `rounds` times after one for warmth; ours / limit of each pair.

    Who is first changes each time, so that a trend of the machine favours neither.
    """
    ours(), limit()
    ratios = []
    for number in range(rounds):
        if number % 2:
            mine, theirs = ours(), limit()
        else:
            theirs, mine = limit(), ours()
        ratios.append(mine / theirs)
    return tuple(ratios)
