"""What a pair of contacts weighs in this tenant, and what speaks for it, as codes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from plugins.merge.matching.contacts import (
    CITY,
    CONTACTS,
    MAILBOX,
    NAME,
    PHONE,
    chance_shares,
    usual_shares,
)
from plugins.merge.matching.engine.fields import Compared
from plugins.merge.matching.engine.weights import Weights
from plugins.merge.matching.engine.words import LEVELS
from plugins.merge.matching.entries import VERIFIED, WHATSAPP, Entry

TWINS = 0.1
"""Other entries that each contact is thought to have, before a tenant has taught us better."""
FEWEST = 30
"""Contacts below which an address book says nothing of how many twins there are."""
WORLD = 500
"""Others with other names, added when rarity is judged: twenty contacts say little of names."""
RARE = 0.0005
"""The share of contacts that have a word, up to which the name is called rare."""

ACCOUNT = 10.0
"""Bits that a pair has at least where a provider says that both are one account."""

Sizes = Mapping[str, int]
"""How many contacts have a key."""


@dataclass(frozen=True)
class Weighing:
    """A tenant's weights. `chances` are those of sharing a word and a city; `contacts` how many."""

    weights: Weights
    contacts: int
    chances: tuple[float, float]
    cities: Mapping[str, float] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many contacts shares are taken of."""
        return max(self.contacts, FEWEST)

    def bits(self, pair: Compared, sizes: Sizes) -> float:
        """The weight of all that is known: 0 is as likely as not, 7 more than 99 in 100."""
        return self.weights.prior + self.weights.of(pair.pattern) + self.rarity(pair, sizes)

    def rarity(self, pair: Compared, sizes: Sizes) -> float:
        """What it adds that the shared parts are rare, or takes that they are common."""
        found = 0.0
        for place, shared in enumerate(pair.shared):
            if shared:
                found += self._rarity(place, shared, sizes)
        return found

    def _rarity(self, place: int, shared: Sequence[Any], sizes: Sizes) -> float:
        if place == NAME:
            return self._rarity_of_words(shared, sizes)
        if place == CITY:
            return math.log2(self.chances[1] / self.cities.get(str(shared[0]), self.chances[1]))
        # a number that ten contacts have says less of two of them
        kind = "p" if place == PHONE else "m"
        others = max(sizes.get(f"{kind}:{address}", 2) - 1 for address in shared)
        return -math.log2(max(others, 1))

    def _rarity_of_words(self, words: Sequence[Any], sizes: Sizes) -> float:
        usual = math.log2(self.chances[0])
        found = 0.0
        for word in words:
            found -= math.log2(self._share(f"w:{word}", sizes))
        together = len(words) > 1 and [
            sizes[key] - 2
            for one in words
            for other in words
            if one < other and sizes.get(key := f"n:{one}|{other}", 0) > 2
        ]
        if together:  # many are called Siti Nurhaliza: the two words are no two coincidences
            found = min(found, math.log2((self.count + WORLD) / min(together)))
        return found + usual * min(len(words), 2)

    def _share(self, key: str, sizes: Sizes) -> float:
        return min(max(sizes.get(key, 1), 1) / (self.count + WORLD), 1.0)

    def is_rare(self, words: Sequence[Any], sizes: Sizes) -> bool:
        """Whether one of the words is a rare one."""
        return any(self._share(f"w:{word}", sizes) <= RARE for word in words)

    def evidence(self, pair: Compared, a: Entry, b: Entry, sizes: Sizes) -> list[str]:
        """What speaks for the pair, the strongest first, then what speaks against it. Codes."""
        return [
            *(("same_account",) if are_one_account(a, b) else ()),
            *_addresses(pair, a, b),
            *self._name(pair, a, b, sizes),
            *(("same_city",) if pair.pattern[CITY] == 1 else ()),
            *_against(pair),
        ]

    def _name(self, pair: Compared, a: Entry, b: Entry, sizes: Sizes) -> list[str]:
        level = pair.pattern[NAME]
        same, alike, _ = LEVELS[level] if level >= 0 else (0, 0, 0)
        if same and self.is_rare(pair.shared[NAME], sizes):
            return ["rare_name"]
        if same > 1 or (same and set(a.words) == set(b.words)):
            return ["same_name"]
        if alike:
            return ["similar_name"]
        return ["same_word"] if same else []


def _addresses(pair: Compared, a: Entry, b: Entry) -> list[str]:
    found = []
    if pair.pattern[PHONE] == 3:
        number = pair.shared[PHONE][0]
        sure = max((each.phones or {}).get(str(number), 0) for each in (a, b))
        found.append("same_whatsapp_number" if sure >= WHATSAPP else "same_number")
    if pair.pattern[MAILBOX] == 2:
        found.append("same_mailbox")
    if pair.pattern[PHONE] in (1, 2):
        found.append(("one_digit_apart", "same_ending")[pair.pattern[PHONE] - 1])
    if pair.pattern[MAILBOX] == 1:
        found.append("same_mail_name")
    return found


def _against(pair: Compared) -> list[str]:
    found = []
    if pair.pattern[NAME] >= 0 and LEVELS[pair.pattern[NAME]][2]:
        found.append("names_differ")
    if pair.pattern[CITY] == 0:
        found.append("other_city")
    return found


def with_provider(bits: float, a: Entry, b: Entry) -> float:
    """The bits of a pair with the word of a provider that knows both."""
    return max(bits, 0.0) + ACCOUNT if are_one_account(a, b) else bits


def are_one_account(a: Entry, b: Entry) -> bool:
    """Whether a provider said so."""
    return bool(a.accounts) and not set(a.accounts).isdisjoint(b.accounts)


AGAINST = frozenset({"names_differ", "other_city"})
"""Codes that speak against a pair."""


def is_verified_on_both(a: Mapping[str, int] | None, b: Mapping[str, int] | None) -> set[str]:
    """The addresses that a channel has verified for both."""
    return {
        address
        for address, sure in (a or {}).items()
        if sure >= VERIFIED and (b or {}).get(address, 0) >= VERIFIED
    }


def usual(contacts: int) -> Weighing:
    """The weights before anything was estimated."""
    chances = (0.003, 0.2)
    count = max(contacts, FEWEST)
    u = expected(count, chances)
    share = min(2 * TWINS / count, 0.5)
    return Weighing(Weights(usual_shares(), u, share), contacts, chances)


def expected(count: int, chances: tuple[float, float]) -> tuple[tuple[float, ...], ...]:
    """`u` that is to be expected among so many contacts."""
    return chance_shares(count, *chances)


def stored(weighing: Weighing) -> dict[str, Any]:
    """What JSON can hold; `of_stored` makes the same weighing of it."""
    return {
        "m": weighing.weights.m,
        "u": weighing.weights.u,
        "match_share": weighing.weights.match_share,
        "contacts": weighing.contacts,
        "chances": weighing.chances,
        "cities": dict(weighing.cities),
    }


def of_stored(kept: Mapping[str, Any]) -> Weighing | None:
    """A weighing that was kept; None for one of another shape, from before a change of fields."""
    try:
        m, u = (tuple(tuple(row) for row in kept[name]) for name in ("m", "u"))
        weights = Weights(m, u, float(kept["match_share"]))
        chances = (float(kept["chances"][0]), float(kept["chances"][1]))
        made = Weighing(weights, int(kept["contacts"]), chances, dict(kept["cities"]))
    except (KeyError, TypeError, ValueError, IndexError):
        return None
    fits = [len(row) for row in m] == [len(each.by.levels) for each in CONTACTS.fields]
    return made if fits and [len(row) for row in u] == [len(row) for row in m] else None
