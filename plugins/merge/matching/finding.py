"""Who may be the same person as somebody: found by keys, weighed, ranked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, bindparam, select

from core.api import Contact, TenantSession
from plugins.merge.matching.contacts import CONTACTS, read, read_stored
from plugins.merge.matching.entries import Entry
from plugins.merge.matching.keys import keys_of
from plugins.merge.matching.models import MatchCrowd, MatchEntry, MatchKey
from plugins.merge.matching.weighing import Weighing

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


@dataclass(frozen=True)
class Neighbours:
    """The contacts that share an uncrowded key with the entries asked for, and the keys' sizes."""

    rows: Mapping[int, Any]
    sizes: Mapping[str, int]
    by_key: Mapping[str, list[int]]


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table


KEY, CROWD, ENTRY, CONTACT = map(_table, (MatchKey, MatchCrowd, MatchEntry, Contact))

# Built once, and past the session's own wall, which costs as much as the look-up: each table bears
# the tenant's criterion here, and row-level security stands behind it.
OWN_WALL = {"tenant_unsafe": True}
_CROWDS = select(CROWD.c.key, CROWD.c.size).where(
    CROWD.c.tenant_id == bindparam("own"), CROWD.c.key.in_(bindparam("keys", expanding=True))
)
_NEIGHBOURS = (
    select(
        KEY.c.key,
        KEY.c.contact_id,
        ENTRY.c.entry,
        CONTACT.c.customer_id,
        CONTACT.c.name,
        CONTACT.c.phone,
        CONTACT.c.email,
    )
    .join(
        ENTRY,
        (ENTRY.c.tenant_id == KEY.c.tenant_id) & (ENTRY.c.contact_id == KEY.c.contact_id),
    )
    .join(CONTACT, (CONTACT.c.tenant_id == KEY.c.tenant_id) & (CONTACT.c.id == KEY.c.contact_id))
    .where(
        KEY.c.tenant_id == bindparam("own"),
        KEY.c.key.in_(bindparam("keys", expanding=True)),
        CONTACT.c.archived_at.is_(None),
    )
)


def neighbours(session: TenantSession, entries: Iterable[Entry]) -> Neighbours:
    """Two statements, whatever the size of the address book."""
    keys = sorted({key for entry in entries for key in keys_of(entry)})
    own = {"own": session.tenant_id, "keys": keys}
    sizes = dict(session.execute(_CROWDS, own, execution_options=OWN_WALL).all())
    own["keys"] = [key for key in keys if key not in sizes]
    by_key: dict[str, list[int]] = defaultdict(list)
    rows = {}
    for row in session.execute(_NEIGHBOURS, own, execution_options=OWN_WALL).all():
        by_key[row[0]].append(row[1])
        rows[row[1]] = row
    sizes.update((key, len(members)) for key, members in by_key.items())
    return Neighbours(rows, sizes, by_key)


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
    around = neighbours(session, entries.values())
    left_out = set(apart)
    others: dict[int, Any] = {}
    found = []
    for contact_id, entry in entries.items():
        mine = read(entry)
        near = {other for key in keys_of(entry) for other in around.by_key.get(key, ())}
        for other_id in near - left_out:
            row = around.rows[other_id]
            if other_id == contact_id or row[3] == at[contact_id]:
                continue
            theirs = others.get(other_id)
            if theirs is None:
                theirs = others[other_id] = read_stored(row[2])
            pair = CONTACTS.compare(mine, theirs)
            bits = weighing.bits(pair, around.sizes)
            if bits < SHOWN_FROM:
                continue
            evidence = weighing.evidence(pair, entry, Entry.of_stored(row[2]), around.sizes)
            found.append(
                Found(contact_id, other_id, row[3], bits, tuple(evidence), row[4], row[5], row[6])
            )
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
    sizes = neighbours(session, [mine]).sizes
    pair = CONTACTS.compare(read(mine), read(theirs))
    return Found(
        one.id,
        other.id,
        other.customer_id,
        weighing.bits(pair, sizes),
        tuple(weighing.evidence(pair, mine, theirs, sizes)),
        other.name,
        other.phone,
        other.email,
    )
