"""Choosing the profiles of all groups anew, after the rules changed: a hundred at a time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from core.api import Customer, TenantSession, enqueue, groups, job, profiles

AT_ONCE = 100


@job("merge.refresh_profiles", queue="bulk")
def refresh_profiles(session: TenantSession, payload: dict[str, Any]) -> None:
    """`{"after": customer id}`: the next groups after it, then a job for the rest."""
    ids = session.scalars(
        select(Customer.id)
        .where(Customer.is_group.is_(True), Customer.archived_at.is_(None))
        .where(Customer.id > payload["after"])
        .order_by(Customer.id)
        .limit(AT_ONCE)
    ).all()
    for customer in groups.locked_as_planned(session, lambda: set(ids)).values():
        profiles.refresh_profile(session, customer)
    if len(ids) == AT_ONCE:
        enqueue(session, "merge.refresh_profiles", {"after": ids[-1]})


JOBS = (refresh_profiles,)
