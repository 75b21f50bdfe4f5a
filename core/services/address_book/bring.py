"""Bringing a set of entries into the address book: who is known changes, who isn't is added.

A field that a person set is never written (A12), an empty value never takes one away. All of a set
is one step: a caller bounds how long others wait by how many entries it brings at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.exc import IntegrityError

from core.events import ContactCreated, publish_all
from core.inbound import IdentityKind
from core.models import Contact, Customer, FieldSource, Identity
from core.services.address_book.entries import (
    FIELDS,
    BookEntry,
    BookOutcome,
    Brought,
    FieldChange,
)
from core.services.address_book.look_up import Book, Key, Person, look_up
from core.services.address_book.people import indexed, update_people
from core.services.search_index import index_people
from core.tenancy.bulk import insert_rows, insert_unnamed
from core.tenancy.session import TenantSession
from core.words import say

MOST_AT_ONCE = 5000
_TRIES = 4
LONGEST = {"name": 160, "phone": 40, "email": 254}


def bring_contacts(
    session: TenantSession,
    entries: Sequence[BookEntry],
    *,
    source: FieldSource = FieldSource.DEVICE,
    channel_id: int = 0,
    is_to_greet: bool = False,
    is_searched: bool = True,
) -> list[Brought]:
    """Add or change a contact for each entry, up to 5000; what became of each, in their order.

    Fires *contact created* for new ones, with `source` as its origin. An address that somebody
    else takes meanwhile (a message from that number) is found and the set is worked out anew.
    `channel_id` is for addresses that mean something on one channel only. With `is_searched`
    False the caller has `index_contacts` keep the words of who is new, for many sets at once: they
    stand all over the index, and each set would write most of its pages anew.
    """
    for tries in range(_TRIES):
        work = _work(session, entries, source, channel_id)
        try:
            with session.begin_nested():
                _write(session, work, source, is_to_greet, is_searched)
        except IntegrityError:
            if tries == _TRIES - 1:
                raise
            session.expire_all()
            continue
        session.expire_all()  # written behind the session's back
        return work.brought
    raise AssertionError("unreachable")


def plan_contacts(
    session: TenantSession,
    entries: Sequence[BookEntry],
    *,
    source: FieldSource = FieldSource.DEVICE,
    channel_id: int = 0,
) -> list[Brought]:
    """What `bring_contacts` would do, nothing written."""
    return _work(session, entries, source, channel_id).brought


@dataclass(slots=True)
class _Work:
    """A set that is worked out and not written yet."""

    brought: list[Brought] = field(default_factory=list)
    added: list[tuple[Person, Brought]] = field(default_factory=list)
    changed: dict[int, tuple[Person, Person]] = field(default_factory=dict)
    """By contact: as it will be, and as it was."""
    identities: list[tuple[Key, Person]] = field(default_factory=list)


def _work(
    session: TenantSession, entries: Sequence[BookEntry], source: FieldSource, channel_id: int
) -> _Work:
    if len(entries) > MOST_AT_ONCE:
        raise ValueError(
            say("Bring at most %(most_at_once)s entries at once.", most_at_once=MOST_AT_ONCE)
        )
    book = look_up(session, channel_id, entries)
    work = _Work()
    for entry in entries:
        if not entry.addresses:
            raise ValueError(say("An entry without an address: nobody could tell who it is."))
        person = book.find(entry.addresses[0])
        if person is None:
            work.brought.append(_add(work, book, entry, source))
        else:
            work.brought.append(_change(work, book, person, entry, source))
    return work


def _add(work: _Work, book: Book, entry: BookEntry, source: FieldSource) -> Brought:
    given = _given(entry)
    person = Person(
        None,
        None,
        False,
        given["name"],
        given["phone"],
        given["email"],
        {name: source.value for name, value in given.items() if value},
    )
    brought = Brought(BookOutcome.ADDED)
    work.added.append((person, brought))
    _join(work, book, person, entry)
    return brought


def _change(
    work: _Work, book: Book, person: Person, entry: BookEntry, source: FieldSource
) -> Brought:
    """Fill in what the entry says, but for what a person set; name what was kept."""
    changes, kept = [], []
    for name, value in _given(entry).items():
        before = getattr(person, name)
        if not value or value == before:
            continue
        if name == "phone" and before:
            continue  # found by another spelling, or by another of its numbers
        if person.sources.get(name) == FieldSource.PERSON.value:
            kept.append(name)
            continue
        source_before = person.sources.get(name, "")
        changes.append(FieldChange(name, before, value, source_before, source.value))
    if changes:
        if person.id is not None and person.id not in work.changed:
            work.changed[person.id] = (person, person.copy())
        for change in changes:
            setattr(person, change.field, change.after)
            person.sources = {**person.sources, change.field: source.value}
    _join(work, book, person, entry)
    outcome = BookOutcome.CHANGED if changes else BookOutcome.UNCHANGED
    brought = Brought(outcome, person.id, tuple(changes), tuple(kept))
    if person.id is None:  # an earlier entry of this very set added it
        work.added.append((person, brought))
    return brought


def _join(work: _Work, book: Book, person: Person, entry: BookEntry) -> None:
    """Give the person those of the entry's addresses that nobody has."""
    for address in entry.addresses:
        if book.find(address) is None:
            key = book.key_of(address)
            book.people[key] = person
            work.identities.append((key, person))


def _given(entry: BookEntry) -> dict[str, str]:
    kinds = {IdentityKind.PHONE: "", IdentityKind.EMAIL: ""}
    for address in reversed(entry.addresses):
        if address.kind in kinds:
            kinds[address.kind] = address.value
    given = {
        "name": entry.name.strip(),
        "phone": kinds[IdentityKind.PHONE],
        "email": kinds[IdentityKind.EMAIL],
    }
    return {name: value[: LONGEST[name]] for name, value in given.items()}


def _write(
    session: TenantSession, work: _Work, source: FieldSource, is_to_greet: bool, is_searched: bool
) -> None:
    _insert_people(session, work)
    # by address: two runs, or a run and a message, wait for each other in one order
    insert_unnamed(
        session,
        Identity,
        [
            {"contact_id": person.id, "scope": scope, "kind": kind, "address": address}
            for (scope, kind, address), person in sorted(work.identities, key=lambda each: each[0])
        ],
    )
    _index_new(session, work, is_searched)
    update_people(session, work.changed)
    publish_all(
        session,
        [
            ContactCreated(
                contact_id=brought.contact_id or 0, origin=source.value, is_to_greet=is_to_greet
            )
            for _, brought in work.added
            if brought.outcome is BookOutcome.ADDED
        ],
    )


def _insert_people(session: TenantSession, work: _Work) -> None:
    people = list({id(person): person for person, _ in work.added}.values())
    profiles = [{name: getattr(person, name) for name in FIELDS} for person in people]
    homes = insert_rows(session, Customer, profiles)
    contacts = [
        {**profile, "sources": person.sources, "customer_id": home, "home_id": home}
        for profile, person, home in zip(profiles, people, homes, strict=True)
    ]
    ids = insert_rows(session, Contact, contacts)
    for person, contact_id, home in zip(people, ids, homes, strict=True):
        person.id, person.customer_id = contact_id, home
    for person, brought in work.added:
        brought.contact_id = person.id


def _index_new(session: TenantSession, work: _Work, is_searched: bool) -> None:
    """The words of who is new, and of new addresses of who was here."""
    numbers: dict[int, list[str]] = {}
    for (_, _, address), person in work.identities:
        numbers.setdefault(person.id or 0, []).append(address)
    new = {person.id or 0: indexed(person, numbers) for person, _ in work.added}
    if is_searched:
        index_people(session, new.values(), are_new=True)
    joined = numbers.keys() - new.keys()
    index_people(session, [(each, "", "", numbers[each]) for each in joined])
