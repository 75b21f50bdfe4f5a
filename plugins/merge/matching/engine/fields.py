"""What is compared: the fields of a record, and how one is read and judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Protocol

Values = tuple[Any, ...]
"""A record as a scheme read it: one value for each field, None where there is nothing."""

Pattern = tuple[int, ...]
"""How a pair compares: a level for each field, MISSING where one side has nothing."""

MISSING = -1


class Comparator(Protocol):
    """Reads and judges one field. Level 0 is disagreement; higher ones mean what `levels` says."""

    @property
    def levels(self) -> tuple[str, ...]:
        """What each level means."""
        ...

    def read(self, record: Mapping[str, Any]) -> Any:
        """The field's value ready to be compared; None where there is nothing to compare."""
        ...

    def compare(self, a: Any, b: Any) -> tuple[int, Sequence[Hashable]]:
        """The level, and what both have exactly: its rarity counts too."""
        ...

    def parts(self, value: Any) -> Iterable[Hashable]:
        """What `compare` may find shared: counted over all records, it says what is rare."""
        ...


@dataclass(frozen=True)
class Field:
    """One comparator under its name."""

    name: str
    by: Comparator


class Compared(NamedTuple):
    """A pair: its levels, and for each field the parts that both have."""

    pattern: Pattern
    shared: tuple[Sequence[Hashable], ...]


@dataclass(frozen=True)
class Scheme:
    """The fields of one kind of record."""

    fields: tuple[Field, ...]

    @cached_property
    def _compares(self) -> tuple[Callable[[Any, Any], tuple[int, Sequence[Hashable]]], ...]:
        return tuple(field.by.compare for field in self.fields)

    def read(self, record: Mapping[str, Any]) -> Values:
        """A record, prepared once for many comparisons."""
        return tuple(field.by.read(record) for field in self.fields)

    def compare(self, a: Values, b: Values) -> Compared:
        """Two records of this scheme."""
        pattern: list[int] = []
        shared: list[Sequence[Hashable]] = []
        for compare, mine, theirs in zip(self._compares, a, b, strict=True):
            if mine is None or theirs is None:
                pattern.append(MISSING)
                shared.append(())
                continue
            level, same = compare(mine, theirs)
            pattern.append(level)
            shared.append(same)
        return Compared(tuple(pattern), tuple(shared))


class Frequencies:
    """How many records have each part, by field: what is rare tells more."""

    def __init__(self, counts: Sequence[Mapping[Hashable, int]], totals: Sequence[int]) -> None:
        self.counts, self.totals = counts, totals

    @classmethod
    def of(cls, scheme: Scheme, records: Iterable[Values]) -> Frequencies:
        """Counted over `records`."""
        counts: list[Counter[Hashable]] = [Counter() for _ in scheme.fields]
        totals = [0] * len(scheme.fields)
        for record in records:
            for place, (field, value) in enumerate(zip(scheme.fields, record, strict=True)):
                if value is not None:
                    counts[place].update(set(field.by.parts(value)))
                    totals[place] += 1
        return cls(counts, totals)

    def share(self, place: int, part: Hashable) -> float:
        """The share of records that have `part`; one that nobody has counts as one record's."""
        return max(self.counts[place].get(part, 1), 1) / max(self.totals[place], 1)

    def chance(self, place: int) -> float:
        """The chance that two records at random have the same part."""
        total = max(self.totals[place], 1)
        return sum((n / total) ** 2 for n in self.counts[place].values()) or 1 / total
