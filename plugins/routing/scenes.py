"""What decisions were made from: the agents at the beginning of a batch, kept once for all of it.

    {"agents": [[member id, open, capacity, weight, how], …],   how: "" is there, else a verdict
     "divisions": {division id: [member id, …]},
     "channels": {channel id: {"of": [member id, …] or null, "limits": {member id: [held, most]}}}}

Each decision of a batch counts for those after it, so that the batch in its order tells how
everybody stood at each. It is told by the pool that decided, which is made again from the scene.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core.api import Presence, TenantSession
from plugins.routing.models import Decision, Scene
from plugins.routing.pool import Agent, Pool, Verdict


@dataclass(frozen=True, slots=True)
class Standing:
    """How one agent stood when a decision was made; `verdict` is "" where they could be chosen."""

    member_id: int
    verdict: Verdict
    open_count: int
    capacity: int
    weight: int


def draw(pool: Pool, pairs: Collection[tuple[int, int | None]]) -> dict[str, Any]:
    """The scene of a batch that deals what waits for `pairs` of (channel, division)."""
    channels = {channel_id for channel_id, _division_id in pairs}
    divisions = {division_id for _channel_id, division_id in pairs if division_id is not None}
    seen = [
        agent
        for agent in pool.agents.values()
        if any(agent.works_on(channel_id) for channel_id in channels)
    ]
    return {
        "agents": [[a.member_id, a.open_count, a.capacity, a.weight, a.standing()] for a in seen],
        "divisions": {
            str(division_id): [a.member_id for a in seen if division_id in a.divisions]
            for division_id in divisions
        },
        "channels": {str(channel_id): _drawn(seen, channel_id) for channel_id in channels},
    }


def standings(session: TenantSession, decisions: Sequence[Decision]) -> dict[int, list[Standing]]:
    """Decision → how the agents of its device stood then. One without a scene is left out."""
    found: dict[int, list[Standing]] = {}
    asked = {one.id for one in decisions}
    ids = {one.scene_id for one in decisions if one.scene_id is not None}
    scenes = session.execute(select(Scene.id, Scene.agents).where(Scene.id.in_(ids)))
    batches = _batches(session, ids)
    for scene_id, agents in scenes:
        pool = _pool(agents)
        for row in batches.get(scene_id, ()):
            if row.id in asked:
                found[row.id] = list(_stood(pool, row))
            if row.agent_id in pool.agents:
                pool.took(row.agent_id, row.channel_id)
    return found


def _batches(session: TenantSession, scene_ids: Collection[int]) -> dict[int, list[Any]]:
    rows = session.execute(
        select(
            Decision.id,
            Decision.scene_id,
            Decision.agent_id,
            Decision.channel_id,
            Decision.division_id,
            Decision.tried,
        )
        .where(Decision.scene_id.in_(scene_ids))
        .order_by(Decision.scene_id, Decision.place)
    )
    batches: dict[int, list[Any]] = {}
    for row in rows:
        batches.setdefault(row.scene_id or 0, []).append(row)
    return batches


def _stood(pool: Pool, row: Any) -> Iterator[Standing]:
    for agent in pool.of_channel(row.channel_id):
        verdict = agent.verdict(row.channel_id, row.division_id, row.tried)
        yield Standing(agent.member_id, verdict, agent.open_count, agent.capacity, agent.weight)


def _drawn(seen: Sequence[Agent], channel_id: int) -> dict[str, Any]:
    mine = [agent for agent in seen if agent.works_on(channel_id)]
    limits = {}
    for agent in mine:
        most = agent.most_of(channel_id)
        if most is not None:
            limits[str(agent.member_id)] = [agent.held.get(channel_id, 0), most]
    everybody = all(agent.channels is None for agent in mine)
    return {"of": None if everybody else [agent.member_id for agent in mine], "limits": limits}


def _pool(scene: Mapping[str, Any]) -> Pool:
    divisions: dict[int, set[int]] = {}
    for division_id, members in scene["divisions"].items():
        for member_id in members:
            divisions.setdefault(member_id, set()).add(int(division_id))
    is_limited = any(each["of"] is not None for each in scene["channels"].values())
    agents = []
    for member_id, open_count, capacity, weight, how in scene["agents"]:
        channels: dict[int, int | None] = {}
        held = {}
        for key, each in scene["channels"].items():
            if each["of"] is not None and member_id in each["of"]:
                has, most = each["limits"].get(str(member_id), (0, None))
                channels[int(key)], held[int(key)] = most, has
        agents.append(
            Agent(
                member_id=member_id,
                name="",
                presence=Presence(how) if how in set(Presence) else Presence.ONLINE,
                open_count=open_count,
                capacity=capacity,
                channels=channels if is_limited else None,
                divisions=frozenset(divisions.get(member_id, ())),
                weight=weight,
                works_now=how != "off_hours",
                held=held,
            )
        )
    return Pool(agents)
