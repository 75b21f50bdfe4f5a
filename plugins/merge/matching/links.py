"""Contacts that a provider says are one account: LID and phone, BSUID and phone.

It is the provider's word and counts as strong, yet numbers are handed on to others: a person
decides. Kept by ids alone, so that erasing finds nothing of anybody here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import delete, or_, select

from core.api import TenantSession, insert_unnamed
from plugins.merge.matching.models import MatchLink


def remember(session: TenantSession, contact_id: int, other_id: int) -> bool:
    """Note that two contacts are one account; whether that is news."""
    low, high = sorted((contact_id, other_id))
    known = select(MatchLink.id).where(MatchLink.contact_id == low, MatchLink.other_id == high)
    if session.scalar(known) is not None:
        return False
    insert_unnamed(session, MatchLink, [{"contact_id": low, "other_id": high}], skip_known=True)
    return True


def forget(session: TenantSession, contact_id: int) -> list[int]:
    """Drop the links of a contact; whom it was linked with."""
    gone = or_(MatchLink.contact_id == contact_id, MatchLink.other_id == contact_id)
    pairs = session.execute(select(MatchLink.contact_id, MatchLink.other_id).where(gone)).all()
    session.execute(delete(MatchLink).where(gone).execution_options(synchronize_session=False))
    return sorted({each for pair in pairs for each in pair} - {contact_id})


def accounts_of(session: TenantSession, contact_ids: Collection[int]) -> dict[int, list[str]]:
    """The accounts of contacts, each named by the two ids that it links: `12-57`."""
    found: dict[int, list[str]] = defaultdict(list)
    for low, high in session.execute(
        select(MatchLink.contact_id, MatchLink.other_id)
        .where(or_(MatchLink.contact_id.in_(contact_ids), MatchLink.other_id.in_(contact_ids)))
        .order_by(MatchLink.id)
    ):
        for each in (low, high):
            found[each].append(f"{low}-{high}")
    return found
