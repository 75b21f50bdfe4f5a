"""Merging: contacts of several customers point at one from now on, and nothing else changes."""

from __future__ import annotations

from collections.abc import Sequence

from core.api import (
    Contact,
    CustomersRegrouped,
    MergeEvent,
    MergeKind,
    Refused,
    TenantSession,
    groups,
    publish,
    record,
    say,
    tell,
)
from plugins.merge.services.forbidden import forbidden_between
from plugins.merge.services.limits import check_allowed
from plugins.merge.services.repeating import digest_of, done_before
from plugins.merge.services.tokens import Version, check_version


def merge(
    session: TenantSession,
    main_customer_id: int,
    with_ids: Sequence[int],
    *,
    version: Version = None,
    reason: str = "",
    evidence: Sequence[str] = (),
    idempotency_key: str | None = None,
    is_automatic: bool = False,
) -> MergeEvent:
    """Make one customer of several; the event's `customer_id` is the one they are now.

    `version` is a preview's token or the main customer's version. `evidence` holds codes.
    `is_automatic`: no person decided it, so a forbidden pair refuses it. NotFound, Gone; Refused
    with the field: itself, too many, archived; StalePreview and Conflict. Refused, nothing changed.
    """
    request = digest_of(do="merge", main=main_customer_id, others=sorted(set(with_ids)))
    if (event := done_before(session, idempotency_key, request)) is not None:
        return event
    if not with_ids:
        raise Refused(say("Choose at least one customer to merge with."), "with")

    def plan() -> set[int]:
        at = groups.living_ids(session, [main_customer_id, *with_ids])
        if any(at[each] == at[main_customer_id] for each in with_ids):
            raise Refused(
                say("A customer can't be merged with itself: choose another one."), "with"
            )
        return set(at.values())

    customers = groups.locked_as_planned(session, plan)
    if (event := done_before(session, idempotency_key, request)) is not None:
        return event  # the same request, sent twice at once: the other one was quicker
    at = groups.living_ids(session, [main_customer_id, *with_ids])
    main = customers[at[main_customer_id]]
    others = [customers[each] for each in dict.fromkeys(at[each] for each in with_ids)]
    members = {each.id: groups.members_of(session, each.id) for each in (main, *others)}
    check_version(session, main, version, others)
    check_allowed(main, others, members)
    if is_automatic:
        _check_pairs(session, list(members.values()))
    contact_ids = [contact.id for each in members.values() for contact in each]
    before = groups.picture_of(session, members, contact_ids)
    group = groups.join(session, main, others)
    event = groups.log_event(
        session,
        MergeKind.MERGE,
        group,
        before,
        is_automatic=is_automatic,
        reason=reason,
        evidence=evidence,
        idempotency_key=idempotency_key or None,
        request=request,
    )
    were = sorted(contact.id for contact in members[main.id])
    record(session, "merge", group, {"contacts": (were, sorted(contact_ids))})
    publish(
        session,
        CustomersRegrouped(
            merge_event_id=event.id, customer_id=group.id, contact_ids=tuple(sorted(contact_ids))
        ),
    )
    tell(session, "customer", customer=group.id)
    return event


def _check_pairs(session: TenantSession, sides: list[list[Contact]]) -> None:
    for place, side in enumerate(sides):
        rest = [contact.id for other in sides[place + 1 :] for contact in other]
        if forbidden_between(session, [contact.id for contact in side], rest):
            raise Refused(
                say("A person said that these are not the same: only a person may merge them."),
                "with",
            )
