"""Learning the weights from the records alone: no pair is ever labelled.

`u` comes from pairs drawn at random, nearly all of them of two persons. `m` and the share of
matches come from expectation-maximisation over the pairs that share a key, counted by pattern: the
memory it takes grows with the number of patterns, not with that of pairs. All other pairs count as
of two persons, so that sharing a key is not mistaken for chance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from plugins.merge.matching.engine.fields import MISSING, Compared, Pattern, Scheme
from plugins.merge.matching.engine.weights import Weights, probability

ROUNDS = 40
STILL = 1e-4
"""Rounds end when no share moves more than this."""
SMOOTHING = 0.5
"""Pairs added to each level, so that what was never seen stays possible."""

Counted = Mapping[tuple[Pattern, int], int]
"""How many pairs have a pattern and so many whole bits of rarity."""


def counted(pairs: Iterable[tuple[Pattern, float]]) -> Counted:
    """Pairs, each with its bits of rarity, by what estimating needs of them."""
    return Counter((pattern, round(bits)) for pattern, bits in pairs)


def shares_among_strangers(
    scheme: Scheme, pairs: Iterable[Compared]
) -> tuple[tuple[float, ...], ...]:
    """`u`: the share of each level among pairs drawn at random."""
    counts = [[SMOOTHING / len(field.by.levels)] * len(field.by.levels) for field in scheme.fields]
    for pair in pairs:
        for place, level in enumerate(pair.pattern):
            if level != MISSING:
                counts[place][level] += 1
    return tuple(tuple(count / sum(row) for count in row) for row in counts)


def estimate(
    weights: Weights, pairs: Counted, all_pairs: float, *, trust: float = SMOOTHING
) -> Weights:
    """The weights that explain the candidate pairs best, of `all_pairs` that there are.

    `weights` is where it begins; its `m` counts like `trust` pairs of one person more, which holds
    a small address book's few pairs in check. `u` stays.
    """
    first = weights
    for _ in range(ROUNDS):
        following = _round(first, weights, pairs, all_pairs, trust)
        moved = max(
            abs(a - b)
            for before, after in zip(weights.m, following.m, strict=True)
            for a, b in zip(before, after, strict=True)
        )
        weights = following
        if moved < STILL:
            break
    return weights


def _round(
    first: Weights, weights: Weights, pairs: Counted, all_pairs: float, trust: float
) -> Weights:
    sums = [[share * trust for share in row] for row in first.m]
    bits = [
        [weights.bits(place, level) for level in range(len(row))]
        for place, row in enumerate(weights.m)
    ]
    prior, matches = weights.prior, 0.0
    for (pattern, rare), count in pairs.items():
        total = prior + rare
        for place, level in enumerate(pattern):
            if level != MISSING:
                total += bits[place][level]
        likely = probability(total) * count
        if likely < 1e-9:
            continue
        matches += likely
        for place, level in enumerate(pattern):
            if level != MISSING:
                sums[place][level] += likely
    m = tuple(tuple(each / sum(row) for each in row) for row in sums)
    usual = trust / (trust + sum(pairs.values()))
    share = usual * first.match_share + (1 - usual) * max(matches, 0.5) / max(all_pairs, 1)
    return replace(weights, m=m, match_share=share)
