"""Agents as an admin sees them: where they work, what they have, and what happens when they go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from core.api import (
    Allocation,
    Channel,
    Conversation,
    ConversationState,
    Division,
    DivisionMember,
    Membership,
    NotFound,
    Presence,
    Refused,
    RoleName,
    TenantSession,
    allocating,
    assigning,
    may_hold,
    presence,
    say,
    team,
)
from plugins.routing import clock
from plugins.routing.models import AgentSetting

MOST_WEIGHT = 100


@dataclass(frozen=True)
class AgentRow:
    """One agent in the list."""

    member: Membership
    presence: Presence
    divisions: list[Division]
    channels: list[Channel]
    setting: AgentSetting | None

    @property
    def load(self) -> int:
        """How full they are, in percent; more than 100 beyond their capacity."""
        return round(100 * self.member.open_count / max(self.member.capacity, 1))


def is_agent(member: Membership) -> bool:
    """Whether conversations are a member's work."""
    return RoleName.AGENT in member.roles


def rows(session: TenantSession) -> list[AgentRow]:
    """Everybody who is an agent or has a device, by name."""
    return [row for row in _colleagues(session) if is_agent(row.member) or row.channels]


def _colleagues(session: TenantSession) -> list[AgentRow]:
    """Everybody who works here, by name."""
    channels = _grouped(session, Allocation.member_id, Channel, Allocation.channel_id)
    divisions = _grouped(session, DivisionMember.member_id, Division, DivisionMember.division_id)
    own = {row.member_id: row for row in session.scalars(select(AgentSetting))}
    members = session.scalars(
        select(Membership)
        .where(Membership.is_active.is_(True))
        .options(joinedload(Membership.user))
    )
    found = [
        AgentRow(
            member,
            presence.presence_of(member, clock.now()),
            divisions.get(member.id, []),
            channels.get(member.id, []),
            own.get(member.id),
        )
        for member in members
    ]
    return sorted(found, key=lambda row: row.member.name.casefold())


def row_of(session: TenantSession, member_id: int) -> AgentRow:
    """One agent, or a colleague who may become one: an admin whose last device was taken away is
    none, and their page must still open. Raises NotFound.
    """
    for row in _colleagues(session):
        if row.member.id == member_id:
            return row
    raise NotFound(_("There is no such agent."))


def colleagues(session: TenantSession) -> list[Membership]:
    """Who works here and is no agent yet."""
    members = session.scalars(
        select(Membership)
        .where(Membership.is_active.is_(True))
        .options(joinedload(Membership.user))
    )
    others = [member for member in members if not is_agent(member)]
    return sorted(others, key=lambda member: member.name.casefold())


@dataclass(frozen=True)
class AgentValues:
    """What the form says of an agent."""

    divisions: Sequence[int]
    channels: Mapping[int, int | None]
    capacity: int
    weight: int
    hours: list[dict[str, Any]]


def save(session: TenantSession, member: Membership, values: AgentValues) -> None:
    """Change an agent. Refused, with the field; then nothing was changed that is committed."""
    if not 1 <= values.weight <= MOST_WEIGHT:
        raise Refused(_("Give a weight from 1 to %(most)d.", most=MOST_WEIGHT), "weight")
    setting = session.scalar(select(AgentSetting).where(AgentSetting.member_id == member.id))
    if setting is None:
        setting = AgentSetting(member_id=member.id)
        session.add(setting)
    setting.weight, setting.hours = values.weight, values.hours
    session.flush()
    allocating.set_capacity(session, member, values.capacity)
    allocating.join_divisions(session, member, values.divisions)
    allocating.allocate(session, member, values.channels)
    allocating.changed(session, member)  # hours and weight, too, may let somebody have more


def make_agent(session: TenantSession, member: Membership) -> None:
    """Somebody who works here becomes an agent, too."""
    roles = [*member.roles, RoleName.AGENT.value]
    team.change_member(session, member, roles=roles, is_active=True)


def held_by(session: TenantSession, member: Membership) -> list[Conversation]:
    """What an agent has that isn't closed."""
    return list(
        session.scalars(
            select(Conversation)
            .where(
                Conversation.assignee_id == member.id,
                Conversation.state != ConversationState.CLOSED,
            )
            .order_by(Conversation.id)
        )
    )


def remove(session: TenantSession, member: Membership, heir: Membership | str | None) -> None:
    """Take an agent out; first their open conversations go to `heir`, or to "others" by policy.

    Refused while they have some and nobody is named (C2). Who has another role stays with that.
    """
    held = held_by(session, member)
    if held and heir is None:
        raise Refused(
            _("%(name)s has open conversations: choose who gets them first.", name=member.name),
            "heir",
        )
    if isinstance(heir, Membership):
        if heir.id == member.id:
            raise Refused(_("Choose somebody else."), "heir")
        for conversation in held:
            if not may_hold(session, heir, conversation.channel_id):
                raise Refused(
                    _(
                        "%(name)s doesn't work on %(device)s: allocate it to them first.",
                        name=heir.name,
                        device=conversation.channel.name,
                    ),
                    "heir",
                )
    to = heir if isinstance(heir, Membership) else None
    for conversation in held:
        assigning.assign(
            session, conversation, to, say("%(name)s was taken out.", name=member.name)
        )
    roles = [role for role in member.roles if role != RoleName.AGENT]
    allocating.join_divisions(session, member, ())
    if session.scalar(select(Allocation.id).where(Allocation.member_id == member.id).limit(1)):
        allocating.allocate(session, member, {})
    team.change_member(session, member, roles=roles or member.roles, is_active=bool(roles))


def _grouped(session: TenantSession, owner: Any, noun: type[Any], key: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    living = select(owner, noun).join(noun, noun.id == key).where(noun.archived_at.is_(None))
    for member_id, row in session.execute(living.order_by(noun.name)):
        found.setdefault(member_id, []).append(row)
    return found
