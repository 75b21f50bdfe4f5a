"""Which pairs are worth comparing: those that share a key, unless half the world shares it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence


def blocks(keys: Sequence[Iterable[Hashable]], cap: int) -> Iterator[list[int]]:
    """Records, by their place in `keys`, that share a key: 2 to `cap` of them at a time."""
    by_key: dict[Hashable, list[int]] = defaultdict(list)
    for place, mine in enumerate(keys):
        for key in set(mine):
            by_key[key].append(place)
    for members in by_key.values():
        if 2 <= len(members) <= cap:
            yield members


def candidates(keys: Sequence[Iterable[Hashable]], cap: int) -> set[tuple[int, int]]:
    """Pairs of places, the smaller first, each once."""
    found: set[tuple[int, int]] = set()
    for members in blocks(keys, cap):
        for place, a in enumerate(members):
            found.update((a, b) if a < b else (b, a) for b in members[place + 1 :])
    return found
