"""Which living customer an id stands for. Old ids keep working: links and programs hold them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, func, select

from core.errors import Gone, NotFound
from core.models import Contact, Customer
from core.tenancy.session import TenantSession
from core.words import say

LOOKS = 3  # somebody may move between two statements; what is gone stays gone


def living_ids(session: TenantSession, ids: Iterable[int]) -> dict[int, int]:
    """Each id and the living customer that it stands for now, as the database has it this moment.

    NotFound for an id that never was, Gone for a group whose merge was undone or somebody erased.
    """
    wanted = list(dict.fromkeys(ids))
    for _ in range(LOOKS):
        at = _ends(session, wanted)
        if at is None:
            raise NotFound(say("There is no such customer."))
        if _are_lived_in(session, set(at.values())):
            return at
    raise Gone(say("This customer is gone: it was erased, or its merge was undone."))


def _ends(session: TenantSession, wanted: list[int]) -> dict[int, int] | None:
    """Each id and where its redirects end; None where one of them never was."""
    trail: dict[int, int | None] = {}
    frontier = set(wanted)
    while frontier:
        found = session.execute(
            select(Customer.id, Customer.successor_id).where(Customer.id.in_(_possible(frontier)))
        )
        known = {row.id: row.successor_id for row in found}
        if known.keys() != frontier:
            return None
        trail.update(known)
        frontier = {each for each in known.values() if each is not None} - trail.keys()
    return {each: _walk(trail, each) for each in wanted}


def _walk(trail: dict[int, int | None], at: int) -> int:
    for _ in trail:
        if (further := trail[at]) is None:
            break
        at = further
    return at


def _are_lived_in(session: TenantSession, customer_ids: set[int]) -> bool:
    """Whether each has a member that was not erased."""
    lived_in = session.scalars(
        select(Contact.customer_id).where(Contact.customer_id.in_(customer_ids), _is_not_erased())
    )
    return customer_ids.issubset(set(lived_in))


def members_of(session: TenantSession, customer_id: int) -> list[Contact]:
    """The contacts that point at a customer now, freshly read, the oldest first."""
    return list(
        session.scalars(
            select(Contact)
            .where(Contact.customer_id == customer_id)
            .order_by(Contact.id)
            .execution_options(populate_existing=True)
        )
    )


def sizes(session: TenantSession, customer_ids: Collection[int]) -> dict[int, int]:
    """How many contacts those of the customers have that are merged."""
    rows = session.execute(
        select(Contact.customer_id, func.count())
        .join(Customer, Customer.id == Contact.customer_id)
        .where(Contact.customer_id.in_(customer_ids), Customer.is_group.is_(True))
        .group_by(Contact.customer_id)
    )
    return dict(rows.all())


def _possible(ids: set[int]) -> list[int]:
    """Numbers that a key can be; drivers raise for others, and no row has them."""
    return [each for each in ids if 0 < each < 2**31]


def _is_not_erased() -> ColumnElement[bool]:
    """See `customers.is_erased`: archived, and nothing of it left."""
    return (
        Contact.archived_at.is_(None)
        | (Contact.name != "")
        | (Contact.phone != "")
        | (Contact.email != "")
    )
