"""What a person chose for a customer, with its line in the log: main channel and pins."""

from __future__ import annotations

from collections.abc import Mapping

from core.models import Contact, Customer, CustomerChoice, MergeEvent, MergeKind
from core.services.groups.log import log_event
from core.services.groups.picture import Picture, picture_of
from core.services.main_channel import choice_of, choose
from core.services.profiles import refresh_profile
from core.tenancy.session import TenantSession


def set_main_channel(
    session: TenantSession, customer: Customer, contact: Contact, channel_id: int | None
) -> MergeEvent:
    """Let new and automated messages go to this member, on this channel. The customer is locked."""
    before = picture_of(session, [customer.id], [contact.id])
    own = _own(session, customer)
    own.contact_id, own.channel_id = contact.id, channel_id
    return _logged(session, MergeKind.MAIN_CHANNEL, customer, before)


def set_pins(
    session: TenantSession, customer: Customer, pins: Mapping[str, int | None]
) -> MergeEvent:
    """Show these members' values for these fields; None gives a field back to the rules."""
    touched = sorted(contact for contact in pins.values() if contact is not None)
    before = picture_of(session, [customer.id], touched)
    own = _own(session, customer)
    kept = {**own.pins, **pins}
    own.pins = {field: contact for field, contact in kept.items() if contact is not None}
    return _logged(session, MergeKind.PIN, customer, before)


def _own(session: TenantSession, customer: Customer) -> CustomerChoice:
    own = choice_of(session, customer)
    if own is None:
        chosen = choose(session, customer)
        own = CustomerChoice(
            customer_id=customer.id,
            contact_id=chosen.contact_id,
            channel_id=chosen.channel_id,
            pins={},
        )
        session.add(own)
    return own


def _logged(
    session: TenantSession, kind: MergeKind, customer: Customer, before: Picture
) -> MergeEvent:
    customer.version += 1
    refresh_profile(session, customer)
    return log_event(session, kind, customer, before)
