"""Learning a tenant's weights from its own contacts, without labels and in bounded memory.

A sample of contacts is compared with whom they share a key; `engine.estimate` does the rest. Only
the sample, and the patterns of its pairs, are ever held: a million contacts take what ten thousand
do. What is usual counts like some pairs too, so that few contacts can't teach nonsense.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import func, select

from core.api import TenantSession
from plugins.merge.matching.contacts import CONTACTS, MAILBOX, PHONE, read, read_stored
from plugins.merge.matching.engine.estimate import counted, estimate, shares_among_strangers
from plugins.merge.matching.engine.fields import Compared, Pattern
from plugins.merge.matching.engine.weights import Weights
from plugins.merge.matching.entries import Entry
from plugins.merge.matching.finding import around
from plugins.merge.matching.keeping import stored_entries
from plugins.merge.matching.keys import keys_of
from plugins.merge.matching.models import MatchEntry, MatchKey, MatchModel
from plugins.merge.matching.weighing import (
    FEWEST,
    Weighing,
    expected,
    stored,
    usual,
)

SAMPLE = 4000
"""Contacts that are looked at closely."""
STRANGERS = 20_000
"""Pairs of them drawn at random."""
AT_ONCE = 100
TRUST = 40.0
"""Pairs of one person that what is usual counts for."""
KEPT = 30
"""Nights that can be looked at."""
MOST_CITIES = 200


def learn(session: TenantSession, seed: int | None = None) -> MatchModel:
    """Estimate anew and keep it; `seed` draws the same sample again, for tests."""
    chance = random.Random(seed)  # noqa: S311 - a sample, no secret
    contacts = session.scalar(select(func.count()).select_from(MatchEntry)) or 0
    sample = _sample(session, chance)
    weighing, pairs = _learn(session, chance, contacts, sample)
    model = MatchModel(contacts=contacts, pairs=pairs, weights=stored(weighing))
    session.add(model)
    session.flush()
    _forget_old(session)
    return model


def _learn(
    session: TenantSession, chance: random.Random, contacts: int, sample: dict[int, Entry]
) -> tuple[Weighing, int]:
    count = max(contacts, FEWEST)
    first = usual(contacts)
    cities = Counter(entry.city for entry in sample.values() if entry.city)
    chances = (_word_chance(session, count), _chance_of(cities))
    shares = {city: n / cities.total() for city, n in cities.most_common(MOST_CITIES)}
    u = _blend(expected(count, chances), _strangers(chance, list(sample.values())))
    begin = Weighing(
        Weights(first.weights.m, u, first.weights.match_share), contacts, chances, shares
    )
    patterns = counted(_pairs(session, begin, sample))
    weights = estimate(begin.weights, patterns, max(len(sample), 1) * float(count), trust=TRUST)
    return Weighing(weights, contacts, chances, shares), sum(patterns.values())


def _pairs(
    session: TenantSession, weighing: Weighing, sample: Mapping[int, Entry]
) -> Iterator[tuple[Pattern, float]]:
    """The pairs of the sample with all that share a key with it, and their bits of rarity."""
    ids = sorted(sample)
    for start in range(0, len(ids), AT_ONCE):
        some = {contact_id: sample[contact_id] for contact_id in ids[start : start + AT_ONCE]}
        keys = {contact_id: keys_of(entry) for contact_id, entry in some.items()}
        near = around(session, keys.values())
        values = {contact_id: read_stored(row.entry) for contact_id, row in near.rows.items()}
        for contact_id, entry in some.items():
            others = {other for key in keys[contact_id] for other in near.by_key.get(key, ())}
            mine = read(entry)
            for other_id in others - {contact_id}:
                pair = CONTACTS.compare(mine, values[other_id])
                yield pair.pattern, weighing.rarity(pair, near.sizes)


def _sample(session: TenantSession, chance: random.Random) -> dict[int, Entry]:
    """Contacts drawn from the whole range of ids, by their keys alone."""
    least, most = session.execute(
        select(func.min(MatchEntry.contact_id), func.max(MatchEntry.contact_id))
    ).one()
    if least is None:
        return {}
    ids = range(least, most + 1)
    drawn = sorted(chance.sample(ids, min(len(ids), SAMPLE * 2)))
    found: dict[int, Entry] = {}
    for start in range(0, len(drawn), 1000):
        found.update(stored_entries(session, drawn[start : start + 1000]))
    kept = sorted(found)
    if len(kept) > SAMPLE:
        kept = sorted(chance.sample(kept, SAMPLE))
    return {contact_id: found[contact_id] for contact_id in kept}


def _strangers(chance: random.Random, entries: Sequence[Entry]) -> list[Compared]:
    """Pairs drawn at random: nearly all of two persons."""
    if len(entries) < FEWEST:
        return []
    values = [read(entry) for entry in entries]
    wanted = min(STRANGERS, len(values) * (len(values) - 1) // 2)
    return [CONTACTS.compare(*chance.sample(values, 2)) for _ in range(wanted)]


def _blend(
    thought: Sequence[Sequence[float]], seen: Sequence[Compared]
) -> tuple[tuple[float, ...], ...]:
    """Half what is to be expected, half what was seen: a rare level that no pair of the sample
    showed is off by one bit at most. Numbers and mailboxes are as expected: the pairs that share
    one are mostly of one person, and would make sharing look like chance."""
    if not seen:
        return tuple(tuple(row) for row in thought)
    measured = shares_among_strangers(CONTACTS, seen)
    blended = []
    for place, row in enumerate(thought):
        if place not in (PHONE, MAILBOX):
            least = 1 / len(seen)  # less than one pair of the sample is the smoothing's, not seen
            found = [share if share >= least else 0.0 for share in measured[place]]
            row = [(a + b) / 2 for a, b in zip(row, found, strict=True)]
        blended.append(tuple(share / sum(row) for share in row))
    return tuple(blended)


def _word_chance(session: TenantSession, count: int) -> float:
    """The chance that two contacts share one particular word."""
    blocks = (
        select(func.count().label("size"))
        .select_from(MatchKey)
        .where(MatchKey.key >= "w:", MatchKey.key < "w;")
        .group_by(MatchKey.key)
        .subquery()
    )
    pairs = session.scalar(select(func.sum(blocks.c.size * (blocks.c.size - 1)))) or 0
    return max(float(pairs) / count / count, 1 / count / 10)


def _chance_of(parts: Counter[str]) -> float:
    total = parts.total()
    if total < FEWEST:
        return 0.2
    return max(sum(n * n for n in parts.values()) / total / total, 0.01)


def _forget_old(session: TenantSession) -> None:
    old = session.scalars(select(MatchModel).order_by(MatchModel.id.desc()).offset(KEPT))
    for model in old:
        session.delete(model)
    session.flush()
