"""Unmerging: one member goes home at once, with all that it ever had."""

from __future__ import annotations

from core.api import (
    Customer,
    MergeEvent,
    Refused,
    TenantSession,
    groups,
    record,
    say,
    tell,
)
from plugins.merge.services.forbidden import UNMERGE, forbid_between
from plugins.merge.services.repeating import digest_of, done_before
from plugins.merge.services.tokens import Version, check_version


def unmerge(
    session: TenantSession,
    customer_id: int,
    contact_id: int,
    *,
    version: Version = None,
    reason: str = "",
    idempotency_key: str | None = None,
) -> MergeEvent:
    """Take one contact out of its group; the last pair dissolves.

    The machine won't merge it with any of the others again. NotFound, Gone; Refused, field
    `contact_id`: it isn't a member, or it is alone; StalePreview and Conflict.
    """
    request = digest_of(do="unmerge", customer=customer_id, contact=contact_id)
    if (event := done_before(session, idempotency_key, request)) is not None:
        return event

    def plan() -> set[int]:
        here = groups.living_ids(session, [customer_id])[customer_id]
        return groups.around_customer(session, here)

    customers = groups.locked_as_planned(session, plan)
    if (event := done_before(session, idempotency_key, request)) is not None:
        return event
    here = groups.living_ids(session, [customer_id])[customer_id]
    group: Customer = customers[here]
    members = groups.members_of(session, here)
    contact = next((each for each in members if each.id == contact_id), None)
    if contact is None:
        raise Refused(say("This contact doesn't belong to the customer."), "contact_id")
    if not group.is_group:
        raise Refused(say("This customer isn't merged with anybody."), "contact_id")
    check_version(session, group, version)
    event = groups.take_out(
        session, contact, reason=reason, idempotency_key=idempotency_key or None, request=request
    )
    assert event is not None  # noqa: S101 - it is a group, and locked
    others = [each.id for each in members if each.id != contact_id]
    forbid_between(session, [contact_id], others, UNMERGE)
    record(session, "unmerge", group, {"contacts": (sorted([contact_id, *others]), sorted(others))})
    for each in {group.id, contact.home_id}:
        tell(session, "customer", customer=each)
    return event
