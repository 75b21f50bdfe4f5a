"""The agents of a tenant at one moment: who is there, where they work, and how much room they have.

Read once for a batch of decisions; what is decided is counted here, too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from core.api import (
    Allocation,
    Candidate,
    Conversation,
    ConversationState,
    DivisionMember,
    Membership,
    Presence,
    RoleName,
    TenantSession,
    presence,
    team,
    tenant_of,
)
from plugins.routing.hours import is_working
from plugins.routing.models import AgentSetting

Verdict = str
"""Why an agent can't be given a conversation, see `words.py`; "" where they can."""


@dataclass(slots=True)
class Agent:
    """One agent. `channels`: id → how many of it at once; None: every channel there is."""

    member_id: int
    name: str
    presence: Presence
    open_count: int
    capacity: int
    channels: dict[int, int | None] | None
    divisions: frozenset[int] = frozenset()
    weight: int = 1
    works_now: bool = True
    held: dict[int, int] = field(default_factory=dict)

    def verdict(
        self, channel_id: int, division_id: int | None, tried: Collection[int] = ()
    ) -> Verdict:
        """What stands between the agent and a conversation, the most lasting reason first."""
        if division_id is not None and division_id not in self.divisions:
            return "not_in_division"
        if how := self.standing():
            return how
        if self.member_id in tried:
            return "tried"
        if self.open_count >= self.capacity:
            return "full"
        most = self.most_of(channel_id)
        if most is not None and self.held.get(channel_id, 0) >= most:
            return "channel_full"
        return ""

    def standing(self) -> Verdict:
        """What keeps them from any conversation at this hour."""
        if self.presence is not Presence.ONLINE:
            return self.presence.value
        return "" if self.works_now else "off_hours"

    def most_of(self, channel_id: int) -> int | None:
        """How many of one device at once; None: as many as they have room for."""
        return self.channels.get(channel_id) if self.channels is not None else None

    def works_on(self, channel_id: int) -> bool:
        """Whether the device is allocated to them."""
        return self.channels is None or channel_id in self.channels

    def as_candidate(self) -> Candidate:
        return Candidate(self.member_id, self.name, self.open_count, self.capacity, self.weight)


class Pool:
    """All agents, in the order of their ids."""

    def __init__(self, agents: Sequence[Agent]) -> None:
        self.agents = {agent.member_id: agent for agent in agents}
        self._of_channel: dict[int, list[Agent]] = {}
        # (channel, division) → who can be given a conversation: asked once for each decision of a
        # batch, and each decision changes one agent only
        self._able: dict[tuple[int, int | None], dict[int, Candidate]] = {}

    def of_channel(self, channel_id: int) -> list[Agent]:
        """Those whom a device is allocated to."""
        if channel_id not in self._of_channel:
            self._of_channel[channel_id] = [
                agent for agent in self.agents.values() if agent.works_on(channel_id)
            ]
        return self._of_channel[channel_id]

    def eligible(
        self, channel_id: int, division_id: int | None, tried: Collection[int] = ()
    ) -> list[Candidate]:
        """Those who can be given a conversation now."""
        able = self._able.get((channel_id, division_id))
        if able is None:
            able = self._able[channel_id, division_id] = {
                agent.member_id: agent.as_candidate()
                for agent in self.of_channel(channel_id)
                if not agent.verdict(channel_id, division_id)
            }
        return [each for each in able.values() if each.member_id not in tried]

    def took(self, member_id: int, channel_id: int) -> None:
        """Count a conversation that an agent was given."""
        agent = self.agents[member_id]
        agent.open_count += 1
        agent.held[channel_id] = agent.held.get(channel_id, 0) + 1
        for (channel, division), able in self._able.items():
            if member_id not in able:
                continue
            if agent.verdict(channel, division):
                del able[member_id]
            else:
                able[member_id] = agent.as_candidate()


def load(session: TenantSession, at: datetime) -> Pool:
    """Everybody who may be given conversations: agents by role, and whoever has a device.

    Columns, no rows of the unit of work: with 200 agents those took longer than the decision.
    """
    here = tenant_of(session)
    local = at.astimezone(ZoneInfo(here.time_zone))
    channels: dict[int, dict[int, int | None]] = {}
    for member_id, channel_id, most in session.execute(
        select(Allocation.member_id, Allocation.channel_id, Allocation.capacity)
    ):
        channels.setdefault(member_id, {})[channel_id] = most
    is_limited_by_device = any(
        most is not None for own in channels.values() for most in own.values()
    )
    held = _held_of_limited(session) if is_limited_by_device else {}
    divisions: dict[int, set[int]] = {}
    for member_id, division_id in session.execute(
        select(DivisionMember.member_id, DivisionMember.division_id)
    ):
        divisions.setdefault(member_id, set()).add(division_id)
    own = {
        member_id: (weight, hours)
        for member_id, weight, hours in session.execute(
            select(AgentSetting.member_id, AgentSetting.weight, AgentSetting.hours)
        )
    }
    names = team.names(session)
    agents = []
    for row in session.execute(_MEMBERS):
        if RoleName.AGENT not in row.roles and row.id not in channels:
            continue
        weight, hours = own.get(row.id, (1, []))
        agents.append(
            Agent(
                member_id=row.id,
                name=names.get(row.id, ""),
                presence=presence.stands(row.presence, row.seen_at, at),
                open_count=row.open_count,
                capacity=row.capacity,
                channels=channels.get(row.id, {}) if here.limits_agents else None,
                divisions=frozenset(divisions.get(row.id, ())),
                weight=weight,
                works_now=is_working(hours, local),
                held=held.get(row.id, {}),
            )
        )
    return Pool(agents)


_MEMBERS = (
    select(
        Membership.id,
        Membership.roles,
        Membership.presence,
        Membership.seen_at,
        Membership.open_count,
        Membership.capacity,
    )
    .where(Membership.is_active.is_(True))
    .order_by(Membership.id)
)


def _held_of_limited(session: TenantSession) -> dict[int, dict[int, int]]:
    """member → channel → open conversations, where the allocation has a limit of its own."""
    rows: Any = session.execute(
        select(Allocation.member_id, Allocation.channel_id, func.count(Conversation.id))
        .join(
            Conversation,
            (Conversation.assignee_id == Allocation.member_id)
            & (Conversation.channel_id == Allocation.channel_id)
            & (Conversation.state != ConversationState.CLOSED),
        )
        .where(Allocation.capacity.is_not(None))
        .group_by(Allocation.member_id, Allocation.channel_id)
    )
    held: dict[int, dict[int, int]] = {}
    for member_id, channel_id, count in rows:
        held.setdefault(member_id, {})[channel_id] = count
    return held
