"""Which living customer an id stands for. Old ids keep working: links and programs hold them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from core.errors import Gone, NotFound
from core.models import Contact, Customer
from core.tenancy.session import TenantSession

NO_SUCH = "There is no such customer."
GONE = "This customer is gone: it was erased, or its merge was undone."


def living_ids(session: TenantSession, ids: Iterable[int]) -> dict[int, int]:
    """Each id and the living customer that it stands for now, as the database has it this moment.

    NotFound for an id that never was, Gone for a group whose merge was undone or somebody erased.
    """
    wanted = list(dict.fromkeys(ids))
    at = {each: each for each in wanted}
    trail: dict[int, int | None] = {}
    while missing := {here for here in at.values() if here not in trail}:
        found = session.execute(
            select(Customer.id, Customer.successor_id).where(Customer.id.in_(_possible(missing)))
        )
        known = {row.id: row.successor_id for row in found}
        if known.keys() != missing:
            raise NotFound(NO_SUCH)
        trail.update(known)
        for each, here in at.items():
            at[each] = trail.get(here) or here
    lived_in = set(
        session.scalars(
            select(Contact.customer_id).where(
                Contact.customer_id.in_(at.values()), _is_not_erased()
            )
        )
    )
    if not lived_in.issuperset(at.values()):
        raise Gone(GONE)
    return at


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


def _possible(ids: set[int]) -> list[int]:
    """Numbers that a key can be; drivers raise for others, and no row has them."""
    return [each for each in ids if 0 < each < 2**31]


def _is_not_erased() -> object:
    """See `customers.is_erased`: archived, and nothing of it left."""
    return (
        Contact.archived_at.is_(None)
        | (Contact.name != "")
        | (Contact.phone != "")
        | (Contact.email != "")
    )
