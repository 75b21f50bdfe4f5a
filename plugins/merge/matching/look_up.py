"""What stands around contacts in the address book, read past the unit of work.

A suggestion is asked for with every conversation that somebody opens, and SQLAlchemy's way around
a statement costs more than the statement. So these are text for the driver's own cursor, in the
session's transaction, with the tenant's criterion on every table, and row-level security behind.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, NamedTuple

from core.api import TenantSession


class Neighbour(NamedTuple):
    """A contact that shares a key, as it stands in the address book; `entry` as it is stored."""

    contact_id: int
    entry: dict[str, Any]
    customer_id: int
    name: str
    phone: str
    email: str


@dataclass(frozen=True)
class Neighbours:
    """The contacts that share an uncrowded key with those asked for, and how many share each."""

    rows: Mapping[int, Neighbour]
    sizes: Mapping[str, int]
    by_key: Mapping[str, Sequence[int]]


# A crowded key comes with its size alone: for it `k.key = NULL` finds nobody.
_NEIGHBOURS = """
SELECT asked.key, crowd.size,
       contact.id, entry.entry, contact.customer_id, contact.name, contact.phone, contact.email
FROM {asked}
LEFT JOIN merge_match_crowd AS crowd ON crowd.tenant_id = {own} AND crowd.key = asked.key
LEFT JOIN merge_match_key AS k
  ON k.tenant_id = {own} AND k.key = CASE WHEN crowd.key IS NULL THEN asked.key END
LEFT JOIN merge_match_entry AS entry
  ON entry.tenant_id = {own} AND entry.contact_id = k.contact_id
LEFT JOIN contact
  ON contact.tenant_id = {own} AND contact.id = entry.contact_id AND contact.archived_at IS NULL
"""
_ENTRIES = """
SELECT contact.id, entry.entry
FROM contact
LEFT JOIN merge_match_entry AS entry
  ON entry.tenant_id = {own} AND entry.contact_id = contact.id
WHERE contact.tenant_id = {own} AND contact.customer_id = {asked} AND contact.archived_at IS NULL
"""
_APART = """
SELECT contact_id, other_id FROM merge_forbidden
WHERE tenant_id = {own} AND contact_id IN {asked} AND revoked_at IS NULL
UNION ALL
SELECT contact_id, other_id FROM merge_forbidden
WHERE tenant_id = {own} AND other_id IN {asked} AND revoked_at IS NULL
"""
NEIGHBOURS = {
    "sqlite": _NEIGHBOURS.format(
        own="?1", asked="(SELECT value AS key FROM json_each(?2)) AS asked"
    ),
    "postgresql": _NEIGHBOURS.format(
        own="%(own)s", asked="unnest(%(asked)s::text[]) AS asked(key)"
    ),
}
ENTRIES = {
    "sqlite": _ENTRIES.format(own="?1", asked="?2"),
    "postgresql": _ENTRIES.format(own="%(own)s", asked="%(asked)s"),
}
APART = {
    "sqlite": _APART.format(own="?1", asked="(SELECT value FROM json_each(?2))"),
    "postgresql": _APART.format(own="%(own)s", asked="(SELECT unnest(%(asked)s::int[]))"),
}


_READ = json.JSONDecoder().raw_decode  # we wrote it: nothing stands around it


def neighbours(session: TenantSession, keys: Collection[str]) -> Neighbours:
    """One statement, whatever the size of the address book."""
    sizes: dict[str, int] = {}
    by_key: dict[str, list[int]] = defaultdict(list)
    rows: dict[int, Neighbour] = {}
    for row in _ask(session, NEIGHBOURS, list(keys)):
        key, size, contact_id = row[:3]
        if size is not None:
            sizes[key] = size
        elif contact_id is not None:
            by_key[key].append(contact_id)
            if contact_id not in rows:
                rows[contact_id] = Neighbour(contact_id, _decoded(row[3]), *row[4:])
    for key, members in by_key.items():
        sizes[key] = len(members)
    return Neighbours(rows, sizes, by_key)


def entries_of(session: TenantSession, customer_id: int) -> dict[int, dict[str, Any] | None]:
    """What is kept of a customer's contacts; None for one that nobody has kept yet."""
    found = _ask(session, ENTRIES, customer_id)
    return {contact_id: entry and _decoded(entry) for contact_id, entry in found}


def apart_from(session: TenantSession, contact_ids: Collection[int]) -> set[tuple[int, int]]:
    """The pairs of these contacts that somebody took apart, the lower id first."""
    return {(low, high) for low, high in _ask(session, APART, list(contact_ids))}


def _ask(session: TenantSession, texts: Mapping[str, str], asked: Any) -> Sequence[Any]:
    connection, own = session.connection(), session.tenant_id
    if connection.dialect.name == "postgresql":
        values: Any = {"own": own, "asked": asked}
    else:
        values = own, json.dumps(asked) if isinstance(asked, list) else asked
    with closing(connection.connection.cursor()) as cursor:
        cursor.execute(texts[connection.dialect.name], values)
        return cursor.fetchall()


def _decoded(entry: Any) -> dict[str, Any]:
    """SQLite keeps JSON as text; psycopg has read it already."""
    decoded: dict[str, Any] = _READ(entry)[0] if isinstance(entry, str) else entry
    return decoded
