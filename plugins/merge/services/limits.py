"""How many may be merged, and who may not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.api import Contact, Customer, Refused, say

MOST_OTHERS = 10
MOST_MEMBERS = MOST_OTHERS + 1


def check_allowed(
    main: Customer, others: Sequence[Customer], members: Mapping[int, Sequence[Contact]]
) -> None:
    """Raise Refused, field `with`, where these can't become one customer. The sum counts (E5)."""
    count = sum(len(members[each.id]) for each in (main, *others))
    if count > MOST_MEMBERS:
        raise Refused(
            say(
                "A customer holds its main contact and up to %(most)s others: together these "
                "would be %(count)s contacts. Unmerge some first, or choose fewer.",
                most=MOST_OTHERS,
                count=count,
            ),
            "with",
        )
    for customer in (main, *others):
        if customer.archived_at is not None:
            raise Refused(
                say(
                    "%(customer)s is archived: a new message brings it back, then merge.",
                    customer=customer,
                ),
                "with",
            )
