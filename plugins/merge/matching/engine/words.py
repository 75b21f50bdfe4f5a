"""The comparator of names: a bag of words, in whatever order people gave them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz.distance import JaroWinkler

from plugins.merge.matching.engine.text import slips

MANY = 2
"""From here on, one more word of the same kind is no other level."""

Found = tuple[int, int, int]
"""Words that are the same, that are alike, and that contradict each other."""

_EVERY = tuple(
    (same, alike, against)
    for same in range(MANY + 1)
    for alike in range(MANY + 1)
    for against in range(MANY + 1)
)
LEVELS: tuple[Found, ...] = tuple(
    sorted(_EVERY, key=lambda found: (found[0] * 3 + found[1] * 2 - found[2], found[0]))
)
"""What each level stands for. 0 is disagreement: nothing same, nothing alike."""
_PLACE = {found: place for place, found in enumerate(LEVELS)}


def said(found: Found) -> str:
    """A level in words: `2 same, 1 against`."""
    names = zip(found, ("same", "alike", "against"), strict=True)
    return ", ".join(f"{count} {name}" for count, name in names if count) or "nothing"


@dataclass(frozen=True)
class Words:
    """Names as bags of words: `read_words` makes them, `are_alike` knows more than typing slips,
    and `part` is what a word is counted as.

    A word alone against an initial neither agrees nor contradicts. Words that only one side has
    (a single name beside a full one) are missing there, not against.
    """

    read_words: Callable[[Mapping[str, Any]], Sequence[str]]
    are_alike: Callable[[str, str], bool] = lambda a, b: False
    part: Callable[[str], str] = lambda word: word
    levels: tuple[str, ...] = tuple(said(found) for found in LEVELS)

    def read(self, record: Mapping[str, Any]) -> tuple[str, ...] | None:
        """The words, or None."""
        return tuple(self.read_words(record)) or None

    def parts(self, value: tuple[str, ...]) -> Iterable[Hashable]:
        """Each word, as it is counted."""
        return [self.part(word) for word in value]

    def compare(self, a: tuple[str, ...], b: tuple[str, ...]) -> tuple[int, Sequence[Hashable]]:
        """How many words are the same, alike, and against each other; the same ones are shared."""
        same, found = self.pair(a, b)
        place = _PLACE.get(found)
        if place is None:
            place = _PLACE[min(found[0], MANY), min(found[1], MANY), min(found[2], MANY)]
        return place, [self.part(word) for word in same]

    def pair(self, a: tuple[str, ...], b: tuple[str, ...]) -> tuple[list[str], Found]:
        """The words that both have, and the counts before they are capped."""
        if a == b:
            return list(a), (len(a), 0, 0)
        left, right = list(a), list(b)
        same = []
        for word in a:
            if word in right:
                same.append(word)
                left.remove(word)
                right.remove(word)
        if not left or not right:
            return same, (len(same), 0, 0)
        if "".join(left) == "".join(right):  # a space lost or gained
            return same, (len(same), 1, 0)
        alike = _take_pairs(left, right, self._near)
        _take_pairs(left, right, _is_initial)
        return same, (len(same), alike, min(len(left), len(right)))

    def _near(self, a: str, b: str) -> bool:
        if min(len(a), len(b)) < 3:
            return self.are_alike(a, b)
        allowed = 1 if max(len(a), len(b)) < 7 else 2
        if slips(a, b, allowed) <= allowed or self.are_alike(a, b):
            return True
        return a[0] == b[0] and JaroWinkler.similarity(a, b) >= 0.92


def _take_pairs(left: list[str], right: list[str], fit: Callable[[str, str], bool]) -> int:
    """Take out of both what fits, the first that does; how many pairs that were."""
    taken = 0
    for word in left.copy():
        for other in right:  # a loop, no generator: this is done for every neighbour of everybody
            if fit(word, other):
                left.remove(word)
                right.remove(other)
                taken += 1
                break
    return taken


def _is_initial(a: str, b: str) -> bool:
    return (len(a) == 1 or len(b) == 1) and a[:1] == b[:1]
