"""What stood where: contacts and customers that a merge event touched, before it and after."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from core.models import Contact, Customer, CustomerChoice
from core.tenancy.session import TenantSession

Picture = dict[str, dict[str, Any]]
"""`{"contacts": {contact: customer}, "customers": {customer: {successor, main, pins}}}`; the keys
are texts, as JSON has them. `main` is [contact, channel or None], or None."""


def picture_of(
    session: TenantSession, customer_ids: Iterable[int], contact_ids: Iterable[int]
) -> Picture:
    """How these stand in the database now."""
    session.flush()
    wanted = sorted(set(customer_ids))
    customers = session.execute(
        select(Customer.id, Customer.successor_id).where(Customer.id.in_(wanted))
    ).all()
    choices = session.execute(
        select(
            CustomerChoice.customer_id,
            CustomerChoice.contact_id,
            CustomerChoice.channel_id,
            CustomerChoice.pins,
        ).where(CustomerChoice.customer_id.in_(wanted))
    ).all()
    chosen = {row.customer_id: row for row in choices}
    contacts = session.execute(
        select(Contact.id, Contact.customer_id).where(Contact.id.in_(sorted(set(contact_ids))))
    ).all()
    return {
        "contacts": {str(row.id): row.customer_id for row in contacts},
        "customers": {
            str(row.id): {
                "successor": row.successor_id,
                "main": [chosen[row.id].contact_id, chosen[row.id].channel_id]
                if row.id in chosen
                else None,
                "pins": dict(chosen[row.id].pins) if row.id in chosen else {},
            }
            for row in customers
        },
    }
