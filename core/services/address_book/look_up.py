"""Who is behind the addresses of a set of entries: read at once, locked in one order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core.inbound import Address, IdentityKind
from core.models import Contact, Identity
from core.phones import match_set
from core.services.address_book.entries import BookEntry
from core.services.address_book.holding import groups_of, hold_groups
from core.services.addresses import GLOBAL_KINDS
from core.tenancy.session import TenantSession

Key = tuple[int, IdentityKind, str]


@dataclass(slots=True, eq=False)
class Person:
    """A contact with what an entry may change. Without an id it is new."""

    id: int | None
    customer_id: int | None
    is_group: bool
    name: str
    phone: str
    email: str
    sources: dict[str, str]

    def copy(self) -> Person:
        """As it stands now."""
        return Person(*(getattr(self, name) for name in self.__slots__))


@dataclass(slots=True)
class Book:
    """What is known of the entries' addresses."""

    people: dict[Key, Person]
    channel_id: int

    def key_of(self, address: Address) -> Key:
        """Where an address stands: phone and e-mail hold everywhere, others on one channel."""
        scope = 0 if address.kind in GLOBAL_KINDS else self.channel_id
        return (scope, address.kind, address.value)

    def find(self, address: Address) -> Person | None:
        """Exact, else the one spelling that exactly one person has; as `services.addresses`."""
        scope, kind, value = self.key_of(address)
        exact = self.people.get((scope, kind, value))
        if exact is not None or kind is not IdentityKind.PHONE:
            return exact
        keys = [(scope, kind, each) for each in match_set(value)[1:]]
        found = [self.people[key] for key in keys if key in self.people]
        return found[0] if found and all(each is found[0] for each in found) else None


def look_up(session: TenantSession, channel_id: int, entries: Sequence[BookEntry]) -> Book:
    """Everybody whom an address of `entries` may mean. Their contacts are locked, by id.

    A person's edit that is under way is waited for: it is seen before anything is overwritten.
    """
    book = Book({}, channel_id)
    wanted: dict[tuple[int, IdentityKind], set[str]] = {}
    for entry in entries:
        for address in entry.addresses:
            scope, kind, value = book.key_of(address)
            spellings = match_set(value) if kind is IdentityKind.PHONE else (value,)
            wanted.setdefault((scope, kind), set()).update(spellings)
    found: list[tuple[Key, int]] = []
    for (scope, kind), values in wanted.items():
        found.extend(_identities(session, scope, kind, sorted(values)))
    people = lock_people(session, {contact_id for _, contact_id in found})
    for key, contact_id in found:
        book.people[key] = people[contact_id]
    return book


def _identities(
    session: TenantSession, scope: int, kind: IdentityKind, values: Sequence[str]
) -> list[tuple[Key, int]]:
    rows = session.execute(
        select(Identity.contact_id, Identity.address).where(
            Identity.scope == scope, Identity.kind == kind, Identity.address.in_(values)
        )
    )
    return [((scope, kind, row.address), row.contact_id) for row in rows]


def lock_people(session: TenantSession, ids: Collection[int]) -> dict[int, Person]:
    """The contacts, locked: groups first. Who was merged before its own lock is looked at again."""
    if not ids:
        return {}
    while True:
        held = hold_groups(session, ids)
        rows = _lock_contacts(session, ids)
        groups = groups_of(session, ids)
        if groups <= held:
            break
    return {
        row.id: Person(
            row.id,
            row.customer_id,
            row.customer_id in groups,
            row.name,
            row.phone,
            row.email,
            dict(row.sources),
        )
        for row in rows
    }


def _lock_contacts(session: TenantSession, ids: Collection[int]) -> Sequence[Any]:
    return session.execute(
        select(
            Contact.id,
            Contact.customer_id,
            Contact.name,
            Contact.phone,
            Contact.email,
            Contact.sources,
        )
        .where(Contact.id.in_(ids))
        .order_by(Contact.id)
        .with_for_update(key_share=True)
    ).all()
