"""Sticky agents (C10): whoever completed the last conversation gets the customer again."""

from __future__ import annotations

from sqlalchemy import select

from core.api import Contact, TenantSession
from plugins.routing.models import Case


def completed_by(session: TenantSession, contact_id: int, channel_id: int) -> int | None:
    """The assignee at the last closing on a channel, of any of the customer's contacts."""
    customer = select(Contact.customer_id).where(Contact.id == contact_id).scalar_subquery()
    members = select(Contact.id).where(Contact.customer_id == customer)
    return session.scalar(
        select(Case.completed_by_id)
        .where(
            Case.contact_id.in_(members),
            Case.channel_id == channel_id,
            Case.completed_by_id.is_not(None),
        )
        .order_by(Case.completed_at.desc(), Case.id.desc())
        .limit(1)
    )
