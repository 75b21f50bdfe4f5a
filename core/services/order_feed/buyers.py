"""Who ordered: a customer that we know, else a new one (B3)."""

from __future__ import annotations

from sqlalchemy import select

from core.errors import Refused
from core.inbound import IdentityKind
from core.models import Contact, Identity
from core.services.customers import bring_back, checked_phone, create_customer
from core.services.mail_addresses import checked_email
from core.services.order_feed.items import Buyer
from core.tenancy.session import TenantSession
from core.words import say


def contact_of(session: TenantSession, buyer: Buyer | None) -> Contact:
    """The contact behind the buyer's number, else behind their e-mail, else a new one.

    A contact that is there is not changed: the desk knows them better. A new one is not greeted:
    an order has a message of its own (B1).
    """
    if buyer is None or not (buyer.phone or buyer.email):
        raise Refused(
            say("Name the buyer with a phone number or an e-mail address."), "order.customer"
        )
    try:
        phone, email = checked_phone(session, buyer.phone), checked_email(buyer.email)
    except Refused as refused:
        raise Refused(refused.message, f"order.customer.{refused.field or 'phone'}") from None
    found = _by(session, IdentityKind.PHONE, phone) or _by(session, IdentityKind.EMAIL, email)
    if found is not None:
        if found.archived_at is not None:
            bring_back(session, found)
        return found
    customer = create_customer(session, name=buyer.name, phone=phone, email=email, origin="order")
    return session.scalars(select(Contact).where(Contact.customer_id == customer.id)).one()


def _by(session: TenantSession, kind: IdentityKind, address: str) -> Contact | None:
    if not address:
        return None
    identity = session.scalar(
        select(Identity).where(
            Identity.scope == 0, Identity.kind == kind, Identity.address == address
        )
    )
    return identity.contact if identity is not None else None
