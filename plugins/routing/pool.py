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
        if self.presence is not Presence.ONLINE:
            return self.presence.value
        if not self.works_now:
            return "off_hours"
        if self.member_id in tried:
            return "tried"
        if self.open_count >= self.capacity:
            return "full"
        most = self.channels.get(channel_id) if self.channels is not None else None
        if most is not None and self.held.get(channel_id, 0) >= most:
            return "channel_full"
        return ""

    def works_on(self, channel_id: int) -> bool:
        """Whether the device is allocated to them."""
        return self.channels is None or channel_id in self.channels

    def as_candidate(self) -> Candidate:
        return Candidate(self.member_id, self.name, self.open_count, self.capacity, self.weight)


class Pool:
    """All agents by id."""

    def __init__(self, agents: Sequence[Agent]) -> None:
        self.agents = {agent.member_id: agent for agent in agents}
        self._of_channel: dict[int, list[Agent]] = {}

    def of_channel(self, channel_id: int) -> list[Agent]:
        """Those whom a device is allocated to."""
        if channel_id not in self._of_channel:
            self._of_channel[channel_id] = [
                agent for agent in self.agents.values() if agent.works_on(channel_id)
            ]
        return self._of_channel[channel_id]

    def eligible(
        self, channel_id: int, division_id: int | None, tried: Collection[int] = ()
    ) -> list[Agent]:
        """Those who can be given a conversation now."""
        return [
            agent
            for agent in self.of_channel(channel_id)
            if not agent.verdict(channel_id, division_id, tried)
        ]

    def took(self, member_id: int, channel_id: int) -> None:
        """Count a conversation that an agent was given."""
        agent = self.agents[member_id]
        agent.open_count += 1
        agent.held[channel_id] = agent.held.get(channel_id, 0) + 1


def load(session: TenantSession, at: datetime) -> Pool:
    """Everybody who may be given conversations: agents by role, and whoever has a device."""
    here = tenant_of(session)
    zone = ZoneInfo(here.time_zone)
    channels: dict[int, dict[int, int | None]] = {}
    for member_id, channel_id, most in session.execute(
        select(Allocation.member_id, Allocation.channel_id, Allocation.capacity)
    ):
        channels.setdefault(member_id, {})[channel_id] = most
    divisions: dict[int, set[int]] = {}
    for member_id, division_id in session.execute(
        select(DivisionMember.member_id, DivisionMember.division_id)
    ):
        divisions.setdefault(member_id, set()).add(division_id)
    own = {row.member_id: row for row in session.scalars(select(AgentSetting))}
    held = _held_of_limited(session)
    session.expire_all()  # another transaction's counts, not this one's memory
    agents = []
    for member in session.scalars(select(Membership).where(Membership.is_active.is_(True))):
        if RoleName.AGENT not in member.roles and member.id not in channels:
            continue
        setting = own.get(member.id)
        agents.append(
            Agent(
                member_id=member.id,
                name=member.name,
                presence=presence.presence_of(member, at),
                open_count=member.open_count,
                capacity=member.capacity,
                channels=channels.get(member.id, {}) if here.limits_agents else None,
                divisions=frozenset(divisions.get(member.id, ())),
                weight=setting.weight if setting else 1,
                works_now=is_working(setting.hours, at.astimezone(zone)) if setting else True,
                held=held.get(member.id, {}),
            )
        )
    return Pool(agents)


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
