"""Who may be the same person as somebody: found by keys, weighed, ranked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.api import Contact, TenantSession
from plugins.merge.matching.contacts import CONTACTS, read, read_stored
from plugins.merge.matching.entries import Entry
from plugins.merge.matching.keys import keys_of
from plugins.merge.matching.look_up import Neighbour, Neighbours, neighbours
from plugins.merge.matching.weighing import Weighing, with_provider

SHOWN_FROM = 0.0
"""Bits from which a pair is suggested: as likely as not."""


@dataclass(frozen=True)
class Found:
    """A contact that may be the same person as `contact_id`, and why."""

    contact_id: int
    other_id: int
    customer_id: int
    bits: float
    evidence: tuple[str, ...]
    name: str
    phone: str
    email: str

    @property
    def pair(self) -> tuple[int, int]:
        """Both contacts, the lower id first."""
        return min(self.contact_id, self.other_id), max(self.contact_id, self.other_id)


def around(session: TenantSession, keys: Iterable[Collection[str]]) -> Neighbours:
    """Who shares any of these keys."""
    return neighbours(session, sorted(set().union(*keys)))


def find(
    session: TenantSession,
    weighing: Weighing,
    entries: Mapping[int, Entry],
    *,
    at: Mapping[int, int],
    apart: Collection[int] = (),
) -> list[Found]:
    """Likely others for each of the entries, the likeliest first.

    `at` tells each entry's customer: somebody of the same one is no other. `apart` are contacts
    that are left out.
    """
    keys = {contact_id: keys_of(entry) for contact_id, entry in entries.items()}
    near = around(session, keys.values())
    others: dict[int, Any] = {}
    found = []
    for contact_id, entry in entries.items():
        mine = read(entry)
        ids = set[int]().union(*(near.by_key.get(key, ()) for key in keys[contact_id]))
        for other_id in ids.difference(apart):
            row = near.rows[other_id]
            if other_id == contact_id or row.customer_id == at[contact_id]:
                continue
            theirs = others.get(other_id)
            if theirs is None:
                theirs = others[other_id] = read_stored(row.entry)
            pair = CONTACTS.compare(mine, theirs)
            bits = weighing.bits(pair, near.sizes)
            if bits < SHOWN_FROM and not entry.accounts:
                continue
            other = Entry.of_stored(row.entry)
            bits = with_provider(bits, entry, other)
            if bits < SHOWN_FROM:
                continue
            evidence = weighing.evidence(pair, entry, other, near.sizes)
            found.append(_found(contact_id, row, bits, evidence))
    return sorted(found, key=lambda each: (-each.bits, each.pair))


def between(
    session: TenantSession,
    weighing: Weighing,
    entries: Mapping[int, Entry],
    one: Contact,
    other: Contact,
) -> Found:
    """Two contacts weighed against each other, whatever comes of it."""
    mine, theirs = entries[one.id], entries[other.id]
    sizes = around(session, [keys_of(mine)]).sizes
    pair = CONTACTS.compare(read(mine), read(theirs))
    row = Neighbour(other.id, {}, other.customer_id, other.name, other.phone, other.email)
    evidence = weighing.evidence(pair, mine, theirs, sizes)
    bits = with_provider(weighing.bits(pair, sizes), mine, theirs)
    return _found(one.id, row, bits, evidence)


def _found(contact_id: int, other: Neighbour, bits: float, evidence: Sequence[str]) -> Found:
    return Found(
        contact_id,
        other.contact_id,
        other.customer_id,
        bits,
        tuple(evidence),
        other.name,
        other.phone,
        other.email,
    )
