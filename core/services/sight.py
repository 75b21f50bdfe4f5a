"""Whose conversations a member sees, and so may hold: those of the channels allocated to them."""

from __future__ import annotations

from sqlalchemy import select

from core.models import Allocation, Membership, Tenant
from core.services.tenants import RoleName, tenant_of
from core.tenancy.session import TenantSession
from core.tenancy.sight import Sight

OVERSEERS = frozenset({RoleName.ADMIN, RoleName.SUPERVISOR, RoleName.VIEWER})
"""Who sees every channel: they run, watch over or audit the work."""


def is_limited(tenant: Tenant, member: Membership) -> bool:
    """Whether a member sees no more than the channels that they are allocated to."""
    return tenant.limits_agents and not OVERSEERS.intersection(member.roles)


def sight_of(session: TenantSession, tenant: Tenant, member: Membership) -> Sight | None:
    """The channels that a member sees; None: all there are."""
    return channels_of(session, member) if is_limited(tenant, member) else None


def channels_of(session: TenantSession, member: Membership) -> Sight:
    """The channels that a member is allocated to."""
    found = select(Allocation.channel_id).where(Allocation.member_id == member.id)
    return frozenset(session.scalars(found))


def may_hold(session: TenantSession, member: Membership, channel_id: int) -> bool:
    """Whether a conversation of the channel may be theirs: they work here and may see it."""
    if not member.is_active:
        return False
    sight = sight_of(session, tenant_of(session), member)
    return sight is None or channel_id in sight
