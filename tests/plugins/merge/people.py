"""People to merge, in few words."""

from __future__ import annotations

from sqlalchemy import select

from core.models import Contact, Customer
from core.services.customers import create_customer
from core.tenancy.session import TenantSession


def people(session: TenantSession, *names: str) -> list[Customer]:
    """A customer for each name, with a number and an address of its own."""
    start = len(session.scalars(select(Contact.id)).all())
    return [
        create_customer(
            session,
            name=name,
            phone=f"+62811{start + n:06}",
            email=f"{name.split()[0].lower()}{start + n}@example.com",
        )
        for n, name in enumerate(names, 1)
    ]


def contact_of(session: TenantSession, customer: Customer) -> Contact:
    """The contact whose home this customer is."""
    return session.scalars(select(Contact).where(Contact.home_id == customer.id)).one()


def partition(session: TenantSession) -> set[frozenset[int]]:
    """Who belongs together now: sets of contacts."""
    found: dict[int, set[int]] = {}
    for contact_id, customer_id in session.execute(select(Contact.id, Contact.customer_id)):
        found.setdefault(customer_id, set()).add(contact_id)
    return {frozenset(each) for each in found.values()}
