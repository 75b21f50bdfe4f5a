"""Whom a broadcast goes to: once to each person, and once to each address (E9, B16).

One customer may have many contacts, and one number may stand on many contacts. The main channel of
each customer is taken; an address that somebody nearer the front has already is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import cast

from sqlalchemy import select

from core.inbound import IdentityKind
from core.models import Consent, Contact, Customer, CustomerChoice
from core.services.main_channel import Chosen, Way, pick, ways
from core.tenancy.session import TenantSession

AT_ONCE = 500


@dataclass(frozen=True)
class Recipient:
    """One person, and the way that a message to them takes."""

    customer_id: int
    way: Way

    @property
    def address(self) -> tuple[int, IdentityKind, str]:
        """The address as it is stored, normalised already: (scope, kind, value)."""
        identity = self.way.identity
        return identity.scope, identity.kind, identity.address.casefold()


def recipients(
    session: TenantSession,
    customer_ids: Iterable[int],
    *,
    channel_ids: Collection[int] | None = None,
) -> list[Recipient]:
    """One entry for each living customer that can be reached and has not opted out.

    An old id counts as the customer that it leads to. Any member's opt-out silences all.
    `channel_ids` limits the ways; the main channel is preferred where it is among them. Ordered by
    customer; of those who share an address, the first one. Six statements for each 500 customers.
    """
    found: dict[tuple[int, IdentityKind, str], Recipient] = {}
    for ids in _batches(sorted(_led_on(session, set(customer_ids)))):
        for recipient in _some(session, ids, channel_ids):
            found.setdefault(recipient.address, recipient)
    return list(found.values())


def recipients_of_contacts(
    session: TenantSession,
    contact_ids: Iterable[int],
    *,
    channel_ids: Collection[int] | None = None,
) -> list[Recipient]:
    """As `recipients`, of the customers that these contacts belong to."""
    customers: set[int] = set()
    for ids in _batches(sorted(set(contact_ids))):
        customers.update(session.scalars(select(Contact.customer_id).where(Contact.id.in_(ids))))
    return recipients(session, customers, channel_ids=channel_ids)


def _some(
    session: TenantSession, customer_ids: Collection[int], channel_ids: Collection[int] | None
) -> list[Recipient]:
    members: dict[int, list[Contact]] = {}
    rows = session.scalars(
        select(Contact)
        .join(Customer, Customer.id == Contact.customer_id)
        .where(Contact.customer_id.in_(customer_ids), Customer.archived_at.is_(None))
        .order_by(Contact.id)
    )
    for contact in rows:
        members.setdefault(contact.customer_id, []).append(contact)
    chosen = {
        row.customer_id: Chosen(row.contact_id, row.channel_id)
        for row in session.execute(
            select(
                CustomerChoice.customer_id, CustomerChoice.contact_id, CustomerChoice.channel_id
            ).where(CustomerChoice.customer_id.in_(customer_ids))
        )
    }
    by_contact: dict[int, list[Way]] = {}
    for way in ways(session, (contact for each in members.values() for contact in each)):
        if channel_ids is None or way.channel.id in channel_ids:
            by_contact.setdefault(way.contact.id, []).append(way)
    found = []
    for customer_id in sorted(members):
        people = members[customer_id]
        if any(each.consent is Consent.OUT for each in people):
            continue
        own = sorted((way for each in people for way in by_contact.get(each.id, ())), key=Way.rank)
        best = pick(own, chosen.get(customer_id))
        if best is not None:
            found.append(Recipient(customer_id, best))
    return found


def _led_on(session: TenantSession, customer_ids: set[int]) -> set[int]:
    """Where redirects lead: an audience may be older than a merge."""
    seen, frontier, led = set(customer_ids), customer_ids, set[int]()
    while frontier:
        further: set[int] = set()
        for ids in _batches(sorted(frontier)):
            rows = session.execute(
                select(Customer.id, Customer.successor_id).where(
                    Customer.id.in_(ids), Customer.successor_id.is_not(None)
                )
            )
            for customer_id, successor_id in rows:
                led.add(customer_id)
                further.add(cast(int, successor_id))  # the statement asks for those that have one
        frontier = further - seen
        seen |= frontier
    return seen - led


def _batches(ids: list[int]) -> Iterable[list[int]]:
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))
