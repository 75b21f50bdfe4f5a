"""Holding the groups that contacts are in, before the contacts themselves are locked and written.

Two who write members of one group each compute the name that it shows: the second would not see
what the first one wrote. Groups come first and contacts after, as everywhere (`services.groups`).
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from core.models import Contact, Customer
from core.services.groups import locked_as_planned
from core.tenancy.session import TenantSession


def hold_groups(session: TenantSession, contact_ids: Collection[int]) -> set[int]:
    """Lock the groups of these contacts; their ids. Raises Conflict after ten seconds."""
    if not contact_ids or not groups_of(session, contact_ids):
        return set()
    return set(locked_as_planned(session, lambda: groups_of(session, contact_ids)))


def groups_of(session: TenantSession, contact_ids: Collection[int]) -> set[int]:
    """The groups among the customers of these contacts."""
    theirs = select(Contact.customer_id).where(Contact.id.in_(contact_ids))
    return set(
        session.scalars(select(Customer.id).where(Customer.is_group, Customer.id.in_(theirs)))
    )
