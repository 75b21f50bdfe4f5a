"""Divisions as an admin makes them: a name, who is in it, and which conversations go there."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from flask_babel import gettext as _
from sqlalchemy import func, select

from core.api import (
    Conflict,
    Division,
    DivisionMember,
    Membership,
    NotFound,
    Refused,
    TenantSession,
    allocating,
)
from plugins.routing.dividing import MOST_RULES, criteria


def all_of(session: TenantSession) -> list[Division]:
    """The living ones, by name: the order in which their rules are asked."""
    living = select(Division).where(Division.archived_at.is_(None)).order_by(Division.name)
    return list(session.scalars(living))


def get(session: TenantSession, division_id: int) -> Division:
    """One of this tenant's. Raises NotFound."""
    found = session.get(Division, division_id)
    if found is None:
        raise NotFound(_("There is no such division."))
    return found


def members_of(session: TenantSession, division: Division) -> list[int]:
    """Ids of those who are in it."""
    mine = select(DivisionMember.member_id).where(DivisionMember.division_id == division.id)
    return list(session.scalars(mine))


def sizes(session: TenantSession) -> dict[int, int]:
    """How many agents each division has."""
    counted = select(DivisionMember.division_id, func.count(DivisionMember.id))
    return {row[0]: row[1] for row in session.execute(counted.group_by(DivisionMember.division_id))}


def save(
    session: TenantSession,
    division: Division | None,
    *,
    name: str,
    rules: Sequence[tuple[str, str]],
    member_ids: Collection[int],
) -> Division:
    """Make or change a division. Refused or Conflict, with the field."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= 80:
        raise Refused(_("Give the division a name of up to 80 characters."), "name")
    same = select(Division).where(func.lower(Division.name) == name.lower())
    taken = session.scalar(same)
    if taken is not None and taken is not division:
        raise Conflict(_("There is a division “%(name)s” already.", name=name), "name")
    known = criteria(session)
    checked = []
    for criterion, value in rules:
        if criterion not in known:
            raise Refused(_("Choose what the rule asks."), "rules")
        checked.append({"criterion": criterion, "value": known[criterion].check(value)})
    if len(checked) > MOST_RULES:
        raise Refused(_("At most %(most)d rules fit.", most=MOST_RULES), "rules")
    if division is None:
        division = Division(name=name)
        session.add(division)
    division.name, division.rules = name, checked
    session.flush()
    _set_members(session, division, set(member_ids))
    return division


def _set_members(session: TenantSession, division: Division, wanted: set[int]) -> None:
    for member_id in wanted ^ set(members_of(session, division)):
        member = session.get(Membership, member_id)
        if member is None:
            raise Refused(_("There is no such agent. Reload the page."), "members")
        mine = select(DivisionMember.division_id).where(DivisionMember.member_id == member_id)
        joined = set(session.scalars(mine)) ^ {division.id}
        allocating.join_divisions(session, member, joined)
