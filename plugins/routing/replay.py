"""A period under another policy: the same arrivals, agents and lengths, dealt again in memory.

What is known is used: when each conversation came, who could be given it then, how much room each
agent had, and how long a turn really took. What isn't known is left as it was: an agent who was
offline at an arrival stays out of it.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from core.api import Candidate, RoutingPolicy, TenantSession, team, tenant_of
from plugins.routing import scenes
from plugins.routing.models import Decision

MOST = 5000
ABLE = frozenset({"", "full", "channel_full"})
"""Whoever was there: the replay knows itself how much room they would have had."""


@dataclass
class Outcome:
    """What came of it: turns and most at once by agent, and when each came and how long it waited,
    in seconds."""

    turns: Counter[int] = field(default_factory=Counter)
    peaks: Counter[int] = field(default_factory=Counter)
    waits: list[tuple[datetime, float]] = field(default_factory=list)

    @property
    def median_wait(self) -> float:
        return median(wait for _came, wait in self.waits) if self.waits else 0.0

    @property
    def longest_wait(self) -> float:
        return max((wait for _came, wait in self.waits), default=0.0)

    def by_hour(self, zone: ZoneInfo) -> dict[int, float]:
        """Hour of arrival → the median wait in seconds."""
        hours: dict[int, list[float]] = {}
        for came, wait in self.waits:
            hours.setdefault(came.astimezone(zone).hour, []).append(wait)
        return {hour: median(waits) for hour, waits in sorted(hours.items())}


@dataclass(frozen=True)
class Replayed:
    """What was, and what would have been."""

    was: Outcome
    would: Outcome
    names: Mapping[int, str]
    number: int


def replay(
    session: TenantSession, policy: RoutingPolicy, begin: datetime, end: datetime
) -> Replayed:
    """Deal the decisions of a period again under `policy`; at most 5,000."""
    decisions = session.scalars(
        select(Decision)
        .where(Decision.at >= begin, Decision.at < end, Decision.kind.in_(("assigned", "sticky")))
        .order_by(Decision.since, Decision.id)
        .limit(MOST)
    ).all()
    standings = scenes.standings(session, decisions)
    names = team.names(session)
    return Replayed(
        was=_as_it_was(decisions, end),
        would=_dealt(decisions, policy, end, standings, names),
        names=names,
        number=len(decisions),
    )


def of_day(session: TenantSession, policy: RoutingPolicy, day: date) -> Replayed:
    """A day on the tenant's clock under `policy`."""
    zone = ZoneInfo(tenant_of(session).time_zone)
    begin = datetime.combine(day, time.min, zone)
    return replay(session, policy, begin, datetime.combine(day + timedelta(days=1), time.min, zone))


def _as_it_was(decisions: Sequence[Decision], end: datetime) -> Outcome:
    found = Outcome()
    open_turns: dict[int, list[datetime]] = {}
    for one in sorted(decisions, key=lambda each: each.at):
        agent = one.agent_id or 0
        mine = open_turns.setdefault(agent, [])
        while mine and mine[0] <= one.at:
            heapq.heappop(mine)
        heapq.heappush(mine, one.ended_at or end)
        found.turns[agent] += 1
        found.peaks[agent] = max(found.peaks[agent], len(mine))
        found.waits.append((one.since, (one.at - one.since).total_seconds()))
    return found


def _dealt(
    decisions: Sequence[Decision],
    policy: RoutingPolicy,
    end: datetime,
    standings: Mapping[int, Sequence[scenes.Standing]],
    names: Mapping[int, str],
) -> Outcome:
    found = Outcome()
    memories: dict[int, dict[str, Any]] = {}
    ends: list[tuple[datetime, int]] = []  # turns that run, by when they end
    held: Counter[int] = Counter()
    for one in decisions:
        at = one.since
        able = [each for each in standings.get(one.id, ()) if each.verdict in ABLE]
        if not able:
            continue
        while True:
            while ends and ends[0][0] <= at:
                held[heapq.heappop(ends)[1]] -= 1
            free = [each for each in able if held[each.member_id] < max(each.capacity, 1)]
            if free or not ends:
                break
            at = ends[0][0]  # it waits until somebody has room
        candidates = [
            Candidate(
                each.member_id,
                names.get(each.member_id, ""),
                held[each.member_id],
                each.capacity,
                each.weight,
            )
            for each in (free or able)
        ]
        chosen = policy.choose(candidates, memories.setdefault(one.channel_id, {}), at)
        length = max((one.ended_at or end) - one.at, timedelta())
        heapq.heappush(ends, (at + length, chosen.member_id))
        held[chosen.member_id] += 1
        found.turns[chosen.member_id] += 1
        found.peaks[chosen.member_id] = max(found.peaks[chosen.member_id], held[chosen.member_id])
        found.waits.append((one.since, (at - one.since).total_seconds()))
    return found
