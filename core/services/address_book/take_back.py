"""Taking back what was brought: contacts that nobody has used since go, fields get what they had.

Whether a contact is used shows in what points at it: a conversation, a card, an order, a row of a
plugin's that no cascade removes. So nothing that a later plugin adds is forgotten here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Table, delete, select

from core.events import ContactErased, publish_all
from core.models import Consent, Contact, Customer, FieldSource, Identity, LabelOnContact
from core.models.base import Base, OwnedMixin
from core.services.address_book.entries import FIELDS, FieldChange
from core.services.address_book.look_up import Person, lock_people
from core.services.address_book.people import update_people
from core.services.search_index import addresses_of, forget_people
from core.tenancy.session import TenantSession

_DERIVED = frozenset({"identity", "contact_token"})


def remove_unused_contacts(
    session: TenantSession,
    contact_ids: Collection[int],
    *,
    ignoring: Iterable[type[Any]] = (),
) -> dict[int, str]:
    """Remove those that nobody has used since they came; why each of the others stays.

    The reasons: `edited` by a person, `merged`, `used` (something points at it), `gone` already.
    `ignoring`: models of the caller whose rows don't count; it lets go of the contacts first.
    """
    rows = _locked(session, contact_ids)
    stays = dict.fromkeys(contact_ids, "gone")
    stays |= {row.id: reason for row in rows if (reason := _owned_by_a_person(row))}
    alone = {row.id: row for row in rows if not _owned_by_a_person(row)}
    for contact_id in alone:
        stays.pop(contact_id, None)
    ignored = {_table(each) for each in ignoring}
    for contact_id in _pointed_at(session, alone, ignored):
        stays[contact_id] = "used"
        del alone[contact_id]
    _remove(session, list(alone.values()))
    return stays


def restore_fields(
    session: TenantSession, wanted: Mapping[int, Sequence[FieldChange]]
) -> dict[int, tuple[str, ...]]:
    """Give fields of contacts the value and source they had; the fields that stay, by contact.

    A field stays where somebody changed it since: its value or its source is another now.
    """
    if not wanted:
        return {}
    stays = {each: tuple(change.field for change in wanted[each]) for each in wanted}
    given_back: dict[int, tuple[Person, Person]] = {}
    for contact_id, person in lock_people(session, wanted.keys()).items():
        before = person.copy()
        left = [each.field for each in wanted[contact_id] if not _give_back(person, each)]
        if len(left) < len(wanted[contact_id]):
            given_back[contact_id] = (person, before)
        stays[contact_id] = tuple(left)
    update_people(session, given_back)
    session.expire_all()  # written behind the session's back
    return {contact_id: left for contact_id, left in stays.items() if left}


def _give_back(person: Person, change: FieldChange) -> bool:
    """Undo one change; False where it isn't the last that was made."""
    source = person.sources.get(change.field, "")
    if change.field not in FIELDS or source != change.source_after:
        return False
    if getattr(person, change.field) != change.after:
        return False
    setattr(person, change.field, change.before)
    others = {field: by for field, by in person.sources.items() if field != change.field}
    before = {change.field: change.source_before} if change.source_before else {}
    person.sources = {**others, **before}
    return True


def _locked(session: TenantSession, contact_ids: Collection[int]) -> Sequence[Any]:
    """The contacts as plain rows: the unit of work has nothing to do with them."""
    return session.execute(
        select(
            Contact.id,
            Contact.customer_id,
            Contact.home_id,
            Contact.name,
            Contact.phone,
            Contact.email,
            Contact.sources,
            Contact.consent,
            Contact.archived_at,
        )
        .where(Contact.id.in_(contact_ids))
        .order_by(Contact.id)
        .with_for_update()
    ).all()


def _owned_by_a_person(row: Any) -> str:
    """Why a contact is more than what was brought; "" where it isn't."""
    if FieldSource.PERSON.value in row.sources.values() or row.consent is not Consent.UNKNOWN:
        return "edited"
    if row.customer_id != row.home_id:
        return "merged"
    return "used" if row.archived_at is not None else ""


def _pointed_at(
    session: TenantSession, contacts: Mapping[int, Any], ignored: set[Table]
) -> set[int]:
    """Those of `contacts` that a row anywhere points at, at them or at their home."""
    by_home = {row.home_id: row.id for row in contacts.values()}
    used: set[int] = set()
    if not contacts:
        return used
    for table, column, target in _references(session):
        if table in ignored or table.name in _DERIVED:
            continue
        is_home = target == Customer.__tablename__
        wanted = by_home if is_home else contacts
        found = session.execute(
            select(table.c[column])
            .where(table.c.tenant_id == session.tenant_id, table.c[column].in_(wanted))
            .distinct(),
            execution_options={"tenant_unsafe": True},  # bears its own tenant criterion
        ).scalars()
        used.update(by_home[each] if is_home else each for each in found)
    return used


def _references(session: TenantSession) -> Iterable[tuple[Table, str, str]]:
    """(table, column, the noun) of whatever points at contacts and customers, labels too."""
    models = session.desk.host.models()
    tables = {m.local_table for m in Base.registry.mappers} | {_table(each) for each in models}
    for table in sorted((t for t in tables if isinstance(t, Table)), key=lambda t: t.name):
        if "tenant_id" not in table.c or table is _table(Contact):
            continue  # a home that another contact points at would make the removal fail, loudly
        for constraint in table.foreign_key_constraints:
            target = constraint.referred_table.name
            if target not in (Contact.__tablename__, Customer.__tablename__):
                continue
            if constraint.ondelete == "CASCADE" and table is not _table(LabelOnContact):
                continue
            for column in constraint.column_keys:
                if column != "tenant_id":
                    yield table, column, target


def _table(model: type[Any]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101 - every mapped class has one
    return table


def _remove(session: TenantSession, rows: Sequence[Any]) -> None:
    if not rows:
        return
    ids, homes = [row.id for row in rows], [row.home_id for row in rows]
    addresses = addresses_of(session, ids)
    forget_people(
        session,
        [(row.id, row.name, row.email, [row.phone, *addresses.get(row.id, [])]) for row in rows],
    )
    publish_all(session, [ContactErased(contact_id=contact_id) for contact_id in ids])
    _delete(session, Identity, Identity.contact_id, ids)
    _delete(session, Contact, Contact.id, ids)
    _delete(session, Customer, Customer.id, homes)
    session.expire_all()


def _delete(session: TenantSession, noun: type[OwnedMixin], column: Any, ids: list[int]) -> None:
    statement = delete(noun).where(column.in_(ids))
    session.execute(statement.execution_options(synchronize_session=False))
