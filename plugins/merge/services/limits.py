"""How many may be merged, and who may not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.api import Contact, Customer, Refused

MOST_OTHERS = 10
MOST_MEMBERS = MOST_OTHERS + 1


def check_allowed(
    main: Customer, others: Sequence[Customer], members: Mapping[int, Sequence[Contact]]
) -> None:
    """Raise Refused, field `with`, where these can't become one customer. The sum counts (E5)."""
    count = sum(len(members[each.id]) for each in (main, *others))
    if count > MOST_MEMBERS:
        raise Refused(
            f"A customer holds its main contact and up to {MOST_OTHERS} others: "
            f"together these would be {count} contacts. Unmerge some first, or choose fewer.",
            "with",
        )
    for customer in (main, *others):
        if customer.archived_at is not None:
            raise Refused(
                f"{customer} is archived: a new message brings it back, then merge.", "with"
            )
