"""How two contacts are compared: the engine's configuration for the desk."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plugins.merge.matching.engine.fields import Field, Scheme
from plugins.merge.matching.engine.text import slips
from plugins.merge.matching.engine.words import LEVELS, Words
from plugins.merge.matching.entries import Entry
from plugins.merge.matching.keys import TAIL
from plugins.merge.matching.mailboxes import is_role
from plugins.merge.matching.names import are_alike, sound

NAME, PHONE, MAILBOX, CITY = range(4)
"""Places of the fields in `CONTACTS`."""


@dataclass(frozen=True)
class Numbers:
    """The telephone numbers of a contact; the nearest two decide."""

    levels: tuple[str, ...] = ("other number", "one digit apart", "same ending", "same number")

    def read(self, record: Mapping[str, Any]) -> tuple[str, ...] | None:
        """The numbers, or None."""
        return tuple(record["phones"] or ()) or None

    def compare(self, a: Sequence[str], b: Sequence[str]) -> tuple[int, Sequence[Hashable]]:
        """The same, the same last eight digits, one digit typed wrong, or other numbers."""
        both = [number for number in a if number in b]
        if both:
            return 3, both[:1]
        pairs = [(one, other) for one in a for other in b]
        if any(len(one) > TAIL and one[-TAIL:] == other[-TAIL:] for one, other in pairs):
            return 2, ()
        return int(any(slips(one, other, 1) <= 1 for one, other in pairs)), ()

    def parts(self, value: Sequence[str]) -> Iterable[Hashable]:
        """Each number."""
        return value


@dataclass(frozen=True)
class Mailboxes:
    """The mailboxes of a contact; the nearest two decide. A role's mailbox agrees with nobody's."""

    levels: tuple[str, ...] = ("other mailbox", "same name elsewhere", "same mailbox")

    def read(self, record: Mapping[str, Any]) -> tuple[str, ...] | None:
        """The mailboxes, or None."""
        return tuple(record["mailboxes"] or ()) or None

    def compare(self, a: Sequence[str], b: Sequence[str]) -> tuple[int, Sequence[Hashable]]:
        """The same, the same before the @ at another host, or others."""
        both = [mailbox for mailbox in a if mailbox in b]
        if both:
            return 2, both[:1]
        before = {mailbox.partition("@")[0] for mailbox in a if not is_role(mailbox)}
        return int(any(mailbox.partition("@")[0] in before for mailbox in b)), ()

    def parts(self, value: Sequence[str]) -> Iterable[Hashable]:
        """Each mailbox."""
        return value


@dataclass(frozen=True)
class City:
    """The city that stands beside the name in an address book."""

    levels: tuple[str, ...] = ("another city", "same city")

    def read(self, record: Mapping[str, Any]) -> str | None:
        """The city, or None."""
        return record["city"] or None

    def compare(self, a: str, b: str) -> tuple[int, Sequence[Hashable]]:
        """The same or another."""
        return int(a == b), ()

    def parts(self, value: str) -> Iterable[Hashable]:
        """The city."""
        return (value,)


CONTACTS = Scheme(
    (
        Field("name", Words(lambda record: record["words"], are_alike, sound)),
        Field("phone", Numbers()),
        Field("mailbox", Mailboxes()),
        Field("city", City()),
    )
)


def read(entry: Entry) -> tuple[Any, ...]:
    """An entry's values for `CONTACTS`."""
    return CONTACTS.read(vars(entry))


def read_stored(kept: Mapping[str, Any]) -> tuple[Any, ...]:
    """The same for an entry as it is stored, without making an Entry of it: done for each row."""
    return (
        tuple(kept.get("w") or ()) or None,
        tuple(kept.get("p") or ()) or None,
        tuple(kept.get("m") or ()) or None,
        kept.get("c") or None,
    )


def usual_shares() -> tuple[tuple[float, ...], ...]:
    """`m` before a tenant has taught us better: how two entries of one person tend to compare.

    One with a full name beside one with a single name; a second number more often than the same
    one, since a number that is taken finds its contact at once.
    """
    names = [0.002] * len(LEVELS)
    for level, share in {
        (2, 0, 0): 0.36,
        (1, 0, 0): 0.30,
        (1, 1, 0): 0.07,
        (0, 1, 0): 0.06,
        (0, 2, 0): 0.02,
        (1, 0, 1): 0.05,
        (2, 0, 1): 0.02,
        (0, 0, 0): 0.01,
        (0, 0, 1): 0.08,
        (0, 0, 2): 0.06,
    }.items():
        names[LEVELS.index(level)] = share
    total = sum(names)
    return (
        tuple(share / total for share in names),
        (0.52, 0.03, 0.05, 0.40),
        (0.45, 0.15, 0.40),
        (0.10, 0.90),
    )


STRANGERS = 0.01
"""How many strangers a contact is thought to share its number, or its mailbox, with."""


def chance_shares(count: int, word: float, city: float) -> tuple[tuple[float, ...], ...]:
    """`u` to be expected among `count` contacts; `word` and `city`: the chance to share one.

    A shop's and a family's numbers follow each other, so that neighbours are no coincidence.
    """
    word, city = min(max(word, 1e-7), 0.05), min(max(city, 0.01), 0.9)
    names = []
    for same, alike, against in LEVELS:
        met = (4 * word) ** same / (1, 1, 2)[same]
        names.append(met * 0.02**alike * (0.2, 0.4, 0.4)[against])
    names[LEVELS.index((0, 0, 0))] = 0.01  # initials beside each other
    total = sum(names)
    number = (5 * STRANGERS / count + 2e-6, STRANGERS / 2 / count + 1e-7, STRANGERS / count)
    mailbox = (2 * STRANGERS / count + 2e-6, STRANGERS / count)
    return (
        tuple(share / total for share in names),
        (1 - sum(number), *number),
        (1 - sum(mailbox), *mailbox),
        (1 - city, city),
    )
