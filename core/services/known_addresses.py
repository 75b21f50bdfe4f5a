"""By which address a channel knows a person, over all the contacts that are merged into them."""

from __future__ import annotations

from sqlalchemy import select

from core.models import Channel, Contact, Identity
from core.services.addresses import scope_of
from core.services.channel_accounts import adapter_of
from core.tenancy.session import TenantSession


def known_address(session: TenantSession, channel: Channel, contact: Contact) -> Identity | None:
    """The address by which `channel` reaches the person behind `contact`: the one seen last."""
    kinds = adapter_of(session, channel).capabilities.identity_kinds
    own = select(Contact.id).where(Contact.customer_id == contact.customer_id)
    found = session.scalars(
        select(Identity)
        .where(Identity.contact_id.in_(own), Identity.kind.in_(kinds))
        .order_by(
            Identity.last_inbound_at.is_(None), Identity.last_inbound_at.desc(), Identity.id.desc()
        )
    )
    return next((each for each in found if each.scope == scope_of(each.kind, channel)), None)
