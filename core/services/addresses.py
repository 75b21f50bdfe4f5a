"""Who is behind an address: finding a contact by its identities, and making one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from core.events import ContactsLinked, publish
from core.inbound import Address, IdentityKind
from core.models import Channel, Contact, Customer, FieldSource, Identity
from core.phones import match_set
from core.tenancy.session import TenantSession

# these hold over all channels; every other kind means something on one channel only
GLOBAL_KINDS = frozenset({IdentityKind.PHONE, IdentityKind.EMAIL})


@dataclass(frozen=True)
class Found:
    """A contact and the identity that a conversation with it goes through."""

    contact: Contact
    identity: Identity


def scope_of(kind: IdentityKind, channel: Channel) -> int:
    """0 where an address of `kind` holds everywhere, else the channel's id."""
    return 0 if kind in GLOBAL_KINDS else channel.id


def find_identity(session: TenantSession, channel: Channel, address: Address) -> Identity | None:
    """The identity of an address: exact, else the one spelling variant that exactly one has.

    wa_id is not E.164 (Brazil's ninth digit, Mexico's 1, Argentina's 9): a variant counts only
    where a single contact has it, and the stored address is never rewritten.
    """
    exact = _by_values(session, channel, address.kind, [address.value])
    if exact or address.kind is not IdentityKind.PHONE:
        return exact[0] if exact else None
    variants = match_set(address.value)[1:]
    if not variants:
        return None
    found = _by_values(session, channel, address.kind, variants)
    return found[0] if len({identity.contact_id for identity in found}) == 1 else None


def find(session: TenantSession, channel: Channel, addresses: Sequence[Address]) -> Found | None:
    """The contact behind the first address that anybody has."""
    for address in addresses:
        identity = find_identity(session, channel, address)
        if identity is not None:
            return Found(identity.contact, identity)
    return None


def add_missing(
    session: TenantSession,
    channel: Channel,
    contact: Contact,
    addresses: Sequence[Address],
    *,
    is_verified: bool = True,
) -> list[Identity]:
    """Give `contact` those of the addresses that nobody has yet; answer its identities for all.

    An address that another contact has stays there: that only suggests a merge (`ContactsLinked`
    tells of it). One that the contact has in another spelling is added as it was sent: replies go
    to that.
    """
    kept = []
    for address in addresses:
        exact = _by_values(session, channel, address.kind, [address.value])
        identity = exact[0] if exact else find_identity(session, channel, address)
        if identity is None or (not exact and identity.contact_id == contact.id):
            identity = Identity(
                contact_id=contact.id,
                scope=scope_of(address.kind, channel),
                kind=address.kind,
                address=address.value,
                is_verified=is_verified,
            )
            session.add(identity)
            session.flush()
            session.expire(contact, ["identities"])
        if identity.contact_id == contact.id:
            kept.append(identity)
        elif is_verified and identity.contact.customer_id != contact.customer_id:
            publish(
                session,
                ContactsLinked(
                    contact_id=contact.id, other_id=identity.contact_id, channel_id=channel.id
                ),
            )
    return kept


def create_contact(
    session: TenantSession, *, name: str, phone: str = "", email: str = "", source: FieldSource
) -> Contact:
    """A new contact in a customer of its own, its home. No identity yet, no event."""
    home = Customer(name=name, phone=phone, email=email)
    session.add(home)
    session.flush()
    contact = Contact(
        customer_id=home.id,
        home_id=home.id,
        name=name,
        phone=phone,
        email=email,
        sources={
            field: source.value
            for field, value in (("name", name), ("phone", phone), ("email", email))
            if value
        },
    )
    session.add(contact)
    session.flush()
    return contact


def erase(identity: Identity) -> None:
    """Blank an address and free it for whoever has it next; the row stays, others point at it."""
    identity.address = f"erased-{identity.id}"
    identity.scope = -identity.id
    identity.last_inbound_at = None


def is_erased(identity: Identity) -> bool:
    """Whether the address is gone for good."""
    return identity.scope < 0


def saw(identity: Identity, at: datetime) -> None:
    """An inbound message came from here: the address to answer."""
    if identity.last_inbound_at is None or identity.last_inbound_at < at:
        identity.last_inbound_at = at


def _by_values(
    session: TenantSession, channel: Channel, kind: IdentityKind, values: Sequence[str]
) -> list[Identity]:
    statement = (
        select(Identity)
        .where(
            Identity.scope == scope_of(kind, channel),
            Identity.kind == kind,
            Identity.address.in_(values),
        )
        .order_by(Identity.id)
    )
    return list(session.scalars(statement))
