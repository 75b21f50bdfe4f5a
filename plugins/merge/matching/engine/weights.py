"""What each agreement is worth, in bits: how much likelier it is between records of one person."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import getitem

from plugins.merge.matching.engine.fields import Compared, Frequencies, Pattern, Scheme

RAREST = 14.0
"""Bits that the rarity of one shared part may add at most."""
COMMONEST = -6.0
"""Bits that it may take."""


@dataclass(frozen=True)
class Weights:
    """For each field and level: `m`, its share among pairs of one person, and `u`, among others.

    `match_share` is how many of all pairs there are of one person.
    """

    m: tuple[tuple[float, ...], ...]
    u: tuple[tuple[float, ...], ...]
    match_share: float

    def bits(self, place: int, level: int) -> float:
        """The weight of a level of a field."""
        return self._table[place][level]

    @cached_property
    def _table(self) -> tuple[tuple[float, ...], ...]:
        """By field and level; the last one of each is MISSING's."""
        return tuple(
            (*(math.log2(m / u) for m, u in zip(row, strangers, strict=True)), 0.0)
            for row, strangers in zip(self.m, self.u, strict=True)
        )

    def of(self, pattern: Pattern) -> float:
        """The weight of a pair's levels, without rarity."""
        return sum(map(getitem, self._table, pattern))

    @cached_property
    def prior(self) -> float:
        """The weight of knowing nothing."""
        return math.log2(self.match_share / (1 - self.match_share))


class Rarity:
    """What the shared parts of a pair add to, or take from, its weight."""

    def __init__(self, frequencies: Frequencies, places: int) -> None:
        self.frequencies = frequencies
        self.usual = [math.log2(frequencies.chance(place)) for place in range(places)]

    def of_field(self, place: int, shared: Sequence[Hashable]) -> float:
        """Bits for the parts of one field: positive for rare ones."""
        if not shared:
            return 0.0
        usual, share = self.usual[place], self.frequencies.share
        return sum(
            min(RAREST, max(COMMONEST, usual - math.log2(share(place, part)))) for part in shared
        )

    def of(self, pair: Compared) -> float:
        """Bits for all fields."""
        return sum(
            self.of_field(place, shared) for place, shared in enumerate(pair.shared) if shared
        )


def probability(bits: float) -> float:
    """A weight, prior included, as a probability."""
    if bits > 60:
        return 1.0
    return 1 / (1 + 2**-bits) if bits > -60 else 0.0


def first_guess(scheme: Scheme, u: Sequence[Sequence[float]], match_share: float) -> Weights:
    """Where estimating begins: most fields of one person agree, and the nearer the likelier."""
    m = []
    for field in scheme.fields:
        grades = [(level + 0.5) ** 2 for level in range(len(field.by.levels))]
        grades[-1] += sum(grades)
        m.append(tuple(grade / sum(grades) for grade in grades))
    return Weights(tuple(m), tuple(tuple(row) for row in u), match_share)
