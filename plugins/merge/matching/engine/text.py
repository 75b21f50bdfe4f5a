"""Comparators of one short text: a street, a postcode, a date, a number."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz.distance import OSA, JaroWinkler

_NOT_WRITTEN = re.compile(r"[^\w]+")


def slips(a: str, b: str, at_most: int) -> int:
    """Typing slips between two texts: letters added, lost, changed or swapped with a neighbour.

    `at_most + 1` stands for any more.
    """
    return OSA.distance(a, b, score_cutoff=at_most)


@dataclass(frozen=True)
class Text:
    """Words whose spaces and punctuation say nothing. A slip for each `letters` is still alike."""

    key: str
    letters: int = 4
    alike: float = 0.88
    levels: tuple[str, ...] = ("different", "similar", "alike", "same")

    def read(self, record: Mapping[str, Any]) -> str | None:
        """The letters and digits alone, in lower case."""
        return _NOT_WRITTEN.sub("", str(record.get(self.key) or "")).lower() or None

    def compare(self, a: str, b: str) -> tuple[int, Sequence[Hashable]]:
        """Same, alike but for slips, similar (Jaro-Winkler), or different."""
        if a == b:
            return 3, (a,)
        allowed = max(1, max(len(a), len(b)) // self.letters)
        if slips(a, b, allowed) <= allowed:
            return 2, ()
        return int(JaroWinkler.similarity(a, b) >= self.alike), ()

    def parts(self, value: str) -> Iterable[Hashable]:
        """The text as a whole."""
        return (value,)


@dataclass(frozen=True)
class Code:
    """Characters that mean something one by one: a postcode, a house or an identity number."""

    key: str
    levels: tuple[str, ...] = ("different", "two slips", "one slip", "same")

    def read(self, record: Mapping[str, Any]) -> str | None:
        """The letters and digits alone, in lower case."""
        return _NOT_WRITTEN.sub("", str(record.get(self.key) or "")).lower() or None

    def compare(self, a: str, b: str) -> tuple[int, Sequence[Hashable]]:
        """Same, or one or two slips apart. In a short code two slips are another code."""
        if a == b:
            return 3, (a,)
        allowed = 2 if min(len(a), len(b)) > 4 else 1
        distance = slips(a, b, allowed)
        return (3 - distance if distance <= allowed else 0), ()

    def parts(self, value: str) -> Iterable[Hashable]:
        """The code as a whole."""
        return (value,)


@dataclass(frozen=True)
class Day:
    """A date as YYYYMMDD."""

    key: str
    levels: tuple[str, ...] = ("different", "two slips", "one slip or swapped", "same")

    def read(self, record: Mapping[str, Any]) -> str | None:
        """Eight digits, or None."""
        digits = re.sub(r"\D", "", str(record.get(self.key) or ""))
        return digits if len(digits) == 8 else None

    def compare(self, a: str, b: str) -> tuple[int, Sequence[Hashable]]:
        """Same, a slip or day and month swapped, two slips, or different."""
        if a == b:
            return 3, (a,)
        if slips(a, b, 1) <= 1 or a == b[:4] + b[6:] + b[4:6]:
            return 2, ()
        agree = sum(a[cut] == b[cut] for cut in (slice(0, 4), slice(4, 6), slice(6, 8)))
        return int(agree == 2), ()

    def parts(self, value: str) -> Iterable[Hashable]:
        """The day as a whole."""
        return (value,)
