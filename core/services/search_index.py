"""Keeping the words that are searched, in the transaction of what they are about.

What goes through the ORM is indexed by itself, when it is flushed: no use case has to remember.
Statements that write many rows at once (batches, sync, erasing) call these functions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import delete, event, inspect, select

from core.models import Contact, ContactToken, Identity, Message, MessageToken
from core.models.base import Base
from core.services.search_words import searched, words_of, words_of_person
from core.tenancy.bulk import delete_rows, insert_columns, insert_unnamed
from core.tenancy.session import TenantSession

ROWS_AT_ONCE = 1000


def index_message(session: TenantSession, message_id: int, body: str) -> None:
    """Keep the words of a message."""
    index_messages(session, [(message_id, body)])


def index_messages(session: TenantSession, written: Iterable[tuple[int, str]]) -> None:
    """Keep the words of (message id, body) pairs."""
    rows = [
        {"token": word, "message_id": message_id}
        for message_id, body in written
        for word in words_of(body)
    ]
    insert_unnamed(session, MessageToken, rows, skip_known=True)


def forget_messages(session: TenantSession, written: Iterable[tuple[int, str]]) -> None:
    """Drop the words of (message id, body as it was indexed) pairs."""
    for message_id, body in written:
        _drop(session, MessageToken, MessageToken.message_id, message_id, words_of(body))


def index_contacts(
    session: TenantSession, contact_ids: Sequence[int], *, are_new: bool = False
) -> None:
    """Keep the words of contacts and of all their addresses, as they stand in the database.

    `are_new`: nobody has indexed any of them. Raises IntegrityError where somebody has.
    """
    if not contact_ids:
        return
    people = session.execute(
        select(Contact.id, Contact.name, Contact.email, Contact.phone).where(
            Contact.id.in_(contact_ids)
        )
    ).all()
    addresses = addresses_of(session, contact_ids)
    index_people(
        session,
        [
            (contact_id, name, email, [phone, *addresses.get(contact_id, [])])
            for contact_id, name, email, phone in people
        ],
        are_new=are_new,
    )


def addresses_of(session: TenantSession, contact_ids: Collection[int]) -> dict[int, list[str]]:
    """All addresses of contacts, by contact."""
    addresses: dict[int, list[str]] = {}
    found = select(Identity.contact_id, Identity.address).where(
        Identity.contact_id.in_(contact_ids), Identity.scope >= 0
    )
    for contact_id, address in session.execute(found):
        addresses.setdefault(contact_id, []).append(address)
    return addresses


IndexedPerson = tuple[int, str, str, Sequence[str]]
"""(contact id, name, e-mail, all numbers and addresses)"""


def index_people(
    session: TenantSession, people: Iterable[IndexedPerson], *, are_new: bool = False
) -> None:
    """Keep the words of contacts that were read before; of new ones nothing can be there yet."""
    _keep_words(session, _words_of(people), skip_known=not are_new)


def forget_people(session: TenantSession, people: Iterable[IndexedPerson]) -> None:
    """Drop the words of contacts as they were indexed."""
    delete_rows(session, ContactToken, _tokens(_words_of(people)))


def reindex_people(
    session: TenantSession, before: Iterable[IndexedPerson], after: Iterable[IndexedPerson]
) -> None:
    """The same contacts as they were and as they are: only the words that differ are written."""
    old, new = _words_of(before), _words_of(after)
    delete_rows(session, ContactToken, _tokens(old - new))
    _keep_words(session, new - old, skip_known=True)


def _words_of(people: Iterable[IndexedPerson]) -> set[tuple[str, int]]:
    return {
        (word, contact_id)
        for contact_id, name, email, addresses in people
        for word in words_of_person(name, email, addresses)
    }


def _keep_words(session: TenantSession, words: set[tuple[str, int]], *, skip_known: bool) -> None:
    # in the order of the index: neighbours stand on one page
    ordered = sorted(words)
    columns: dict[str, list[Any]] = {
        "token": [word for word, _ in ordered],
        "contact_id": [contact_id for _, contact_id in ordered],
    }
    insert_columns(session, ContactToken, columns, skip_known=skip_known)


def _tokens(words: set[tuple[str, int]]) -> list[dict[str, Any]]:
    return [{"token": word, "contact_id": contact_id} for word, contact_id in sorted(words)]


def rebuild(session: TenantSession) -> tuple[int, int]:
    """Index all messages and contacts of a tenant anew; how many of each. Commits as it goes.

    Safe to repeat, and to run while the desk works: what is there already stays.
    """
    return _rebuild_messages(session), _rebuild_contacts(session)


def _rebuild_messages(session: TenantSession) -> int:
    done = last = 0
    while True:
        found = session.execute(
            select(Message.id, Message.subject, Message.body)
            .where(Message.id > last)
            .order_by(Message.id)
            .limit(ROWS_AT_ONCE)
        ).all()
        if not found:
            return done
        index_messages(session, [(row.id, searched(row.subject, row.body)) for row in found])
        session.commit()
        done, last = done + len(found), found[-1].id


def _rebuild_contacts(session: TenantSession) -> int:
    done = last = 0
    while True:
        ids = session.scalars(
            select(Contact.id).where(Contact.id > last).order_by(Contact.id).limit(ROWS_AT_ONCE)
        ).all()
        if not ids:
            return done
        index_contacts(session, ids)
        session.commit()
        done, last = done + len(ids), ids[-1]


@event.listens_for(TenantSession, "after_flush")
def _index_flushed(session: TenantSession, context: Any) -> None:
    """Index what this flush wrote; histories still tell what stood there before."""
    written, forgotten, changed = [], [], set()
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, Message):
            before = searched(_before(row, "subject"), _before(row, "body"))
            after = "" if row in session.deleted else searched(row.subject, row.body)
            if row in session.new:
                written.append((row.id, after))
            elif before != after:
                forgotten.append((row.id, before))
                written.append((row.id, after))
        elif isinstance(row, Contact) and _is_told(session, row, "name", "email", "phone"):
            _forget_contact(session, row.id, row)
            changed.add(row.id)
        elif isinstance(row, Identity) and _is_told(session, row, "address"):
            if row not in session.new:
                _forget_address(session, row)
            changed.add(row.contact_id)
    if forgotten:
        forget_messages(session, forgotten)
    if written:
        index_messages(session, written)
    if changed:
        index_contacts(session, sorted(changed))


def _is_told(session: TenantSession, row: Base, *fields: str) -> bool:
    """Whether this flush changes what a row is found by."""
    if row in session.new or row in session.deleted:
        return True
    return any(inspect(row).attrs[field].history.has_changes() for field in fields)


def _before(row: Base, field: str) -> str:
    """A field as the database had it."""
    history = inspect(row).attrs[field].history
    return str((history.deleted or [getattr(row, field)])[0] or "")


def _forget_contact(session: TenantSession, contact_id: int, row: Contact) -> None:
    if row in session.new:
        return
    name, email, phone = (_before(row, field) for field in ("name", "email", "phone"))
    words = sorted(words_of_person(name, email, [phone]))
    _drop(session, ContactToken, ContactToken.contact_id, contact_id, words)


def _forget_address(session: TenantSession, row: Identity) -> None:
    words = sorted(words_of_person("", "", [_before(row, "address")]))
    _drop(session, ContactToken, ContactToken.contact_id, row.contact_id, words)


def _drop(
    session: TenantSession,
    kind: type[MessageToken | ContactToken],
    about: Any,
    row_id: int,
    words: Sequence[str],
) -> None:
    if not words:
        return
    session.execute(
        delete(kind)
        .where(about == row_id, kind.token.in_(words))
        .execution_options(synchronize_session=False)
    )
