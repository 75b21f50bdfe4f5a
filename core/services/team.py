"""The people of a tenant, as its admin changes them."""

from __future__ import annotations

from collections.abc import Sequence

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select

from core.audit import record
from core.errors import Refused
from core.models import Membership
from core.services.allocating import changed
from core.services.tenants import TENANT_ROLES, RoleName
from core.tenancy.session import TenantSession
from core.words import say


def change_member(
    session: TenantSession, member: Membership, *, roles: Sequence[str], is_active: bool
) -> None:
    """Set a person's roles here, or let them go. Refused for the last tenant admin."""
    unknown = [role for role in roles if role not in TENANT_ROLES]
    if unknown:
        known = ", ".join(TENANT_ROLES)
        raise Refused(
            say(
                "There is no role “%(unknown)s”. Choose from: %(known)s.",
                unknown=unknown[0],
                known=known,
            ),
            "roles",
        )
    stays_admin = is_active and RoleName.ADMIN in roles
    if not stays_admin and _is_admin(member) and not _other_admins(session, member):
        raise Refused(
            say("Somebody has to stay tenant admin: make another person one first."), "roles"
        )
    changes = {
        "roles": (member.roles, list(roles)),
        "is_active": (member.is_active, is_active),
    }
    member.roles = list(roles)
    member.is_active = is_active
    session.flush()
    changed(session, member)
    record(session, "change", member, {k: v for k, v in changes.items() if v[0] != v[1]})


def names(session: TenantSession) -> dict[int, str]:
    """Everybody's name by the id of their membership, also of those who left."""
    rows = session.execute(
        select(Membership.id, User.first_name, User.last_name, User.username).join(Membership.user)
    )
    return {row.id: f"{row.first_name} {row.last_name}".strip() or row.username for row in rows}


def _is_admin(member: Membership) -> bool:
    return member.is_active and RoleName.ADMIN in member.roles


def _other_admins(session: TenantSession, member: Membership) -> list[Membership]:
    others = session.scalars(select(Membership).where(Membership.id != member.id))
    return [other for other in others if _is_admin(other)]
