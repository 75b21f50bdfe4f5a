"""One contact out of its group, with its line in the log: unmerging, and the start of erasing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from core.events import CustomersRegrouped, publish
from core.models import Contact, Customer, MergeEvent, MergeKind
from core.services.groups.locking import locked_as_planned
from core.services.groups.log import log_event
from core.services.groups.moving import leave
from core.services.groups.picture import picture_of
from core.services.groups.resolving import members_of
from core.tenancy.session import TenantSession


def take_out(session: TenantSession, contact: Contact, **log: Any) -> MergeEvent | None:
    """Send a contact home; None where it is alone already. `log` goes to `log_event`."""
    locked_as_planned(session, lambda: around(session, contact.id))
    customer_id = _customer_of(session, contact.id)
    members = members_of(session, customer_id)
    left = session.get_one(Customer, customer_id)
    if not left.is_group:
        return None
    touched = {customer_id, *(member.home_id for member in members)}
    before = picture_of(session, touched, [member.id for member in members])
    leave(session, contact)
    event = log_event(session, MergeKind.UNMERGE, left, before, **log)
    publish(
        session,
        CustomersRegrouped(
            merge_event_id=event.id,
            customer_id=left.id,
            contact_ids=tuple(sorted(member.id for member in members)),
        ),
    )
    return event


def around(session: TenantSession, contact_id: int) -> set[int]:
    """The customer of a contact, and the homes of all that belong to it, as of this moment."""
    return around_customer(session, _customer_of(session, contact_id))


def around_customer(session: TenantSession, customer_id: int) -> set[int]:
    """A customer and the homes of all that belong to it: what an unmerge may change."""
    homes = session.scalars(select(Contact.home_id).where(Contact.customer_id == customer_id))
    return {customer_id, *homes}


def _customer_of(session: TenantSession, contact_id: int) -> int:
    return session.scalars(select(Contact.customer_id).where(Contact.id == contact_id)).one()
