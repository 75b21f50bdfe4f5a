"""Undoing: everything that a merge or an unmerge touched stands again as it stood before."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from sqlalchemy import select

from core.api import (
    Conflict,
    Contact,
    Customer,
    CustomersRegrouped,
    MergeEvent,
    MergeKind,
    NotFound,
    Refused,
    TenantSession,
    groups,
    publish,
    record,
    say,
    tell,
)
from plugins.merge.services.forbidden import UNDO, forbid_between
from plugins.merge.services.repeating import digest_of, done_before

UNDOABLE = (MergeKind.MERGE, MergeKind.UNMERGE)
NOTHING: dict[str, Any] = {"successor": None, "main": None, "pins": {}}


def undo(
    session: TenantSession, event_id: int, *, reason: str = "", idempotency_key: str | None = None
) -> MergeEvent:
    """Take a merge back, or an unmerge: members, main channels and pins as they were.

    The machine won't merge again what a person took apart. NotFound; Refused: a kind that can't
    be; Conflict, with the reason: undone already, or somebody has since moved or been erased.
    """
    request = digest_of(do="undo", event=event_id)
    if (done := done_before(session, idempotency_key, request)) is not None:
        return done
    event = session.get(MergeEvent, event_id)
    if event is None:
        raise NotFound(say("There is no such merge event."))
    if event.kind not in UNDOABLE:
        raise Refused(say("Only a merge or an unmerge can be undone."), "id")
    touched = {int(each) for each in (*event.before["customers"], *event.after["customers"])}
    groups.locked_as_planned(session, lambda: touched)
    if (done := done_before(session, idempotency_key, request)) is not None:
        return done
    if (obstacle := obstacle_to(session, event)) is not None:
        raise Conflict(obstacle)
    contact_ids = [int(each) for each in event.before["contacts"]]
    before = groups.picture_of(session, touched, contact_ids)
    made = {key: dict(NOTHING) for key in event.after["customers"]}
    groups.restore(
        session,
        {
            "contacts": event.before["contacts"],
            "customers": {**made, **event.before["customers"]},
        },
    )
    customer = session.get_one(Customer, event.customer_id)
    undone = groups.log_event(
        session,
        MergeKind.UNDO,
        customer,
        before,
        reason=reason,
        undoes=event,
        idempotency_key=idempotency_key or None,
        request=request,
    )
    if event.kind is MergeKind.MERGE:
        _forbid_sides(session, event)
    record(session, "undo", customer, {"event": (event.id, undone.id)})
    publish(
        session,
        CustomersRegrouped(
            merge_event_id=undone.id,
            customer_id=customer.id,
            contact_ids=tuple(sorted(contact_ids)),
        ),
    )
    for each in sorted(touched):
        tell(session, "customer", customer=each)
    return undone


def obstacle_to(session: TenantSession, event: MergeEvent) -> str | None:
    """Why this event can't be undone any more; None where it can."""
    if event.kind not in UNDOABLE:
        return say("Only a merge or an unmerge can be undone.")
    if session.scalar(select(MergeEvent.id).where(MergeEvent.undoes_id == event.id)) is not None:
        return say("This was undone already.")
    contacts = {int(key): value for key, value in event.after["contacts"].items()}
    found = session.scalars(
        select(Contact)
        .where(Contact.customer_id.in_(set(contacts.values())) | Contact.id.in_(contacts))
        .execution_options(populate_existing=True)
    ).all()
    for contact in found:
        if is_erased(contact):
            return say(
                "Contact #%(id)s was erased since: what it had can't come back.", id=contact.id
            )
    for contact in found:
        if contact.id not in contacts:
            return say(
                "%(contact)s joined since: undo that merge first, or unmerge it.", contact=contact
            )
        if contact.customer_id != contacts[contact.id]:
            return say(
                "%(contact)s belongs to another customer since: undo that first.", contact=contact
            )
    states = {int(key): state for key, state in event.after["customers"].items()}
    rows = session.execute(
        select(Customer.id, Customer.successor_id).where(Customer.id.in_(states))
    )
    if any(row.successor_id != states[row.id]["successor"] for row in rows):
        return say("These customers have been merged with others since: undo that first.")
    return None


def is_erased(contact: Contact) -> bool:
    """See the core's erasing: archived, and nothing of it left."""
    return contact.archived_at is not None and not (contact.name or contact.phone or contact.email)


def _forbid_sides(session: TenantSession, event: MergeEvent) -> None:
    """Each contact of one side with each of the other sides."""
    sides: dict[int, list[int]] = {}
    for contact_id, customer_id in event.before["contacts"].items():
        sides.setdefault(customer_id, []).append(int(contact_id))
    for one, other in combinations(sides.values(), 2):
        forbid_between(session, one, other, UNDO, event.evidence)
