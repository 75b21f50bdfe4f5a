"""Writing contacts that changed, a set at once: rows, their customers' profiles, their words."""

from __future__ import annotations

from collections.abc import Mapping

from core.models import Contact, Customer
from core.models.base import now
from core.services.address_book.entries import FIELDS
from core.services.address_book.look_up import Person
from core.services.profiles import refresh_profile
from core.services.search_index import IndexedPerson, addresses_of, reindex_people
from core.tenancy.bulk import update_rows
from core.tenancy.session import TenantSession


def update_people(session: TenantSession, changed: Mapping[int, tuple[Person, Person]]) -> None:
    """Write people as they will be; `changed` has them by contact, with what they were before.

    A person alone is its customer's profile, a group's is computed anew. What the session holds is
    out of date afterwards: expire it.
    """
    if not changed:
        return
    people = [person for person, _ in changed.values()]
    moment = now()
    update_rows(
        session,
        Contact,
        [
            {"id": person.id, **_profile(person), "sources": person.sources, "updated_at": moment}
            for person in people
        ],
    )
    update_rows(
        session,
        Customer,
        [
            {"id": person.customer_id, **_profile(person), "updated_at": moment}
            for person in people
            if not person.is_group
        ],
    )
    groups = sorted({person.customer_id or 0 for person in people if person.is_group})
    if groups:
        session.expire_all()
        for customer_id in groups:
            refresh_profile(session, session.get_one(Customer, customer_id))
    numbers = addresses_of(session, changed)
    reindex_people(
        session,
        [indexed(before, numbers) for _, before in changed.values()],
        [indexed(person, numbers) for person in people],
    )


def indexed(person: Person, numbers: Mapping[int, list[str]]) -> IndexedPerson:
    """A stored one, by what it is found by; `numbers` are its addresses, by contact."""
    assert person.id is not None  # noqa: S101 - only stored ones are searched
    return (person.id, person.name, person.email, [person.phone, *numbers.get(person.id, [])])


def _profile(person: Person) -> dict[str, str]:
    return {field: getattr(person, field) for field in FIELDS}
