"""Which channels an agent works on: they see those, and are given conversations of those (C13)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import delete, select

from core.audit import record
from core.errors import Refused
from core.events import AgentChanged, publish
from core.live import hang_up
from core.models import (
    Allocation,
    Channel,
    Conversation,
    ConversationState,
    Division,
    DivisionMember,
    Membership,
)
from core.services import assigning
from core.services.sight import sight_of
from core.services.tenants import tenant_of
from core.tenancy.session import TenantSession
from core.words import say

MOST = 1000


def allocate(
    session: TenantSession, member: Membership, channels: Mapping[int, int | None]
) -> None:
    """Set the channels of an agent: id → how many of its conversations at once, None: no own limit.

    What they hold of a channel that is taken away goes back to nobody. Refused, with the field.
    """
    if any(most is not None and not 1 <= most <= MOST for most in channels.values()):
        raise Refused(
            say("Give a number from 1 to %(most)s, or leave it empty.", most=MOST), "capacity"
        )
    living = select(Channel.id).where(Channel.id.in_(channels), Channel.archived_at.is_(None))
    if set(session.scalars(living)) != set(channels):
        raise Refused(say("There is no such device here. Reload the page."), "channels")
    rows = session.scalars(select(Allocation).where(Allocation.member_id == member.id)).all()
    before = {row.channel_id: row.capacity for row in rows}
    if before == dict(channels):
        return
    for row in rows:
        if row.channel_id not in channels:
            session.delete(row)
        else:
            row.capacity = channels[row.channel_id]
    for channel_id in sorted(channels.keys() - before.keys()):
        capacity = channels[channel_id]
        session.add(Allocation(member_id=member.id, channel_id=channel_id, capacity=capacity))
    tenant = tenant_of(session)
    is_first, tenant.limits_agents = not tenant.limits_agents, True
    session.flush()
    record(session, "allocate", member, {"channels": (sorted(before), sorted(channels))})
    changed(session, member)
    if is_first:  # from now on everybody else is limited, too
        others = select(Membership).where(Membership.id != member.id)
        for other in session.scalars(others).all():
            changed(session, other)


def join_divisions(
    session: TenantSession, member: Membership, division_ids: Collection[int]
) -> None:
    """Set the divisions of an agent. Refused, with the field."""
    living = select(Division.id).where(
        Division.id.in_(division_ids), Division.archived_at.is_(None)
    )
    if set(session.scalars(living)) != set(division_ids):
        raise Refused(say("There is no such division. Reload the page."), "divisions")
    mine = select(DivisionMember.division_id).where(DivisionMember.member_id == member.id)
    before = set(session.scalars(mine))
    if before == set(division_ids):
        return
    session.execute(delete(DivisionMember).where(DivisionMember.member_id == member.id))
    for division_id in sorted(division_ids):
        session.add(DivisionMember(division_id=division_id, member_id=member.id))
    session.flush()
    record(session, "change", member, {"divisions": (sorted(before), sorted(division_ids))})
    changed(session, member)


def set_capacity(session: TenantSession, member: Membership, capacity: int) -> None:
    """How many open conversations routing may give an agent. Who has more keeps them. Refused."""
    if not 0 <= capacity <= MOST:
        raise Refused(say("Give a number from 0 to %(most)s.", most=MOST), "capacity")
    session.flush()
    session.refresh(member, with_for_update={"of": Membership})
    if member.capacity == capacity:
        return
    record(session, "change", member, {"capacity": (member.capacity, capacity)})
    member.capacity = capacity
    member.beyond = max(0, member.open_count - capacity)
    session.flush()
    publish(session, AgentChanged(member_id=member.id))


def changed(session: TenantSession, member: Membership) -> None:
    """What a member may see or hold has changed: take back what they may no longer hold."""
    session.flush()
    _release(session, member)
    hang_up(session, session.tenant_id, user_id=member.user_id)  # streams know what they may tell
    publish(session, AgentChanged(member_id=member.id))


def _release(session: TenantSession, member: Membership) -> None:
    held = select(Conversation).where(
        Conversation.assignee_id == member.id, Conversation.state != ConversationState.CLOSED
    )
    sight = sight_of(session, tenant_of(session), member) if member.is_active else frozenset()
    if sight is not None:
        held = held.where(Conversation.channel_id.not_in(sight))
        for conversation in session.scalars(held).all():
            reason = say("%(member)s no longer works on this device.", member=member.name)
            assigning.assign(session, conversation, None, reason)
