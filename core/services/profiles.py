"""The profile that a customer shows: a pure function of its members."""

from __future__ import annotations

from sqlalchemy import select

from core.models import Contact, Customer
from core.tenancy.session import TenantSession

PROFILE_FIELDS = ("name", "phone", "email")


def refresh_profile(session: TenantSession, customer: Customer) -> None:
    """Compute the profile anew, after a member came, went or changed: the oldest value of each."""
    session.flush()
    members = session.scalars(
        select(Contact).where(Contact.customer_id == customer.id).order_by(Contact.id)
    ).all()
    for field in PROFILE_FIELDS:
        value = next((getattr(each, field) for each in members if getattr(each, field)), "")
        setattr(customer, field, value)
    session.flush()
