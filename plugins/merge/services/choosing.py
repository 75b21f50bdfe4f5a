"""What a person chooses for a merged customer: its main channel, and values that stay (E7, E11)."""

from __future__ import annotations

from core.api import (
    Contact,
    Customer,
    MergeEvent,
    Refused,
    TenantSession,
    groups,
    main_channels,
    profiles,
    record,
    say,
    tell,
)
from plugins.merge.services.tokens import Version, check_version


def set_main_channel(
    session: TenantSession,
    customer_id: int,
    contact_id: int,
    channel_id: int | None = None,
    *,
    version: Version = None,
) -> MergeEvent:
    """New and automated messages go to this member from now on, over this channel.

    Without a channel, the one that the member was heard from last on; nobody heard from and no
    channel that reaches them: found when there is one. Refused, with the field.
    """
    customer = _locked(session, customer_id)
    contact = _member(session, customer, contact_id)
    check_version(session, customer, version)
    if contact.archived_at is not None:
        raise Refused(say("This contact is archived: choose another one."), "contact_id")
    found = main_channels.ways(session, [contact])
    if channel_id is None:
        channel_id = found[0].channel.id if found else None
    elif channel_id not in {way.channel.id for way in found}:
        raise Refused(
            say("This channel can't reach this contact: choose another one."), "channel_id"
        )
    event = groups.set_main_channel(session, customer, contact, channel_id)
    record(
        session,
        "main channel",
        customer,
        {"main": (event.before["customers"][str(customer.id)]["main"], [contact.id, channel_id])},
    )
    tell(session, "customer", customer=customer.id)
    return event


def pin(
    session: TenantSession,
    customer_id: int,
    field: str,
    contact_id: int | None,
    *,
    version: Version = None,
) -> MergeEvent:
    """Show this member's value for a field, whatever the rules say; None lets the rules choose.

    Refused, with the field: no such field, not a member, or a member that has no value there.
    """
    if field not in profiles.PROFILE_FIELDS:
        raise Refused(say("Choose one of: name, phone, email."), "field")
    customer = _locked(session, customer_id)
    check_version(session, customer, version)
    if contact_id is not None and not getattr(_member(session, customer, contact_id), field):
        raise Refused(say("This contact has no value here: choose another one."), "contact_id")
    event = groups.set_pins(session, customer, {field: contact_id})
    record(session, "pin", customer, {f"pin {field}": (None, contact_id)})
    tell(session, "customer", customer=customer.id)
    return event


def _locked(session: TenantSession, customer_id: int) -> Customer:
    customers = groups.locked_as_planned(
        session, lambda: set(groups.living_ids(session, [customer_id]).values())
    )
    (customer,) = customers.values()
    return customer


def _member(session: TenantSession, customer: Customer, contact_id: int) -> Contact:
    for member in groups.members_of(session, customer.id):
        if member.id == contact_id:
            return member
    raise Refused(say("This contact doesn't belong to the customer."), "contact_id")
