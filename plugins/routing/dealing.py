"""Giving out what waits: the oldest first, and what can't be given never blocks what can (C14).

Conversations that wait for the same (device, division) have the same candidates. Where a pair has
none, none of its rows are read, however many there are and however old.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, or_, select

from core.api import (
    Conversation,
    ConversationState,
    Gift,
    RoutingPolicy,
    TenantSession,
    enqueue,
    give,
    insert_rows,
    insert_unnamed,
    update_rows,
)
from plugins.routing import cases, clock, pool, scenes
from plugins.routing.idle import clocks_from
from plugins.routing.models import (
    DEFAULT_POLICY,
    Case,
    Decision,
    DistributionSetting,
    PolicyMemory,
    Scene,
)
from plugins.routing.words import log_reason

BATCH = 50
PAGE = 200

Pair = tuple[int, int | None]


@dataclass(frozen=True, slots=True)
class Dealt:
    """One decision before it is written."""

    row: Any
    agent_id: int
    kind: str
    policy: str
    reason: str


def deal(session: TenantSession, most: int = BATCH) -> int:
    """Give up to `most` waiting conversations to agents; how many went. The rest goes in a job."""
    cases.turn(session)
    at = clock.now()
    waiting = [
        (channel_id, division_id)
        for channel_id, division_id in session.execute(
            _waiting(Case.channel_id, Conversation.division_id).distinct()
        )
    ]
    if not waiting:
        return 0
    here = pool.load(session, at)
    waiting = [pair for pair in waiting if here.eligible(*pair)]
    if not waiting:
        return 0
    scene = scenes.draw(here, waiting)
    choosing = _Choosing(session, here, at)
    dealt: list[Dealt] = []
    last: Any = None
    while len(dealt) < most:
        pairs = [pair for pair in waiting if here.eligible(*pair)]
        rows = _page(session, pairs, last) if pairs else []
        for row in rows:
            chosen = choosing.choose(row)
            if chosen is not None:
                dealt.append(chosen)
                if len(dealt) == most:
                    break
        if len(rows) < PAGE:
            break
        last = rows[-1]
    if not dealt:
        return 0
    choosing.remember()
    gifts = [Gift(one.row.conversation_id, one.agent_id, one.reason) for one in dealt]
    given = give(session, gifts)
    _keep(
        session,
        [one for one in dealt if one.row.conversation_id in given],
        at,
        scene,
        choosing.idle_minutes(),
    )
    _straighten(session, [one for one in dealt if one.row.conversation_id not in given])
    if len(dealt) == most:
        enqueue(session, "routing.deal", {}, lane="routing:deal")
    return len(given)


class _Choosing:
    """Policies, their memories and settings, each read once for a batch."""

    def __init__(self, session: TenantSession, here: pool.Pool, at: datetime) -> None:
        self._session = session
        self._pool = here
        self._at = at
        host = session.desk.host
        self._policies = host.routing_policies(host.switches.enabled(session))
        found = session.scalars(select(DistributionSetting))
        self._settings = {setting.channel_id: setting for setting in found}
        self._stored: dict[tuple[int, str], PolicyMemory] = {}
        self._memories: dict[tuple[int, str], dict[str, Any]] = {}

    def choose(self, row: Any) -> Dealt | None:
        """Who gets a waiting conversation; None: nobody can."""
        eligible = self._pool.eligible(row.channel_id, row.division_id, row.tried)
        if not eligible:
            return None
        policy = self._policy(row.channel_id)
        chosen = next((each for each in eligible if each.member_id == row.wants_id), None)
        if chosen is not None:
            kind, reason = "sticky", log_reason("sticky", chosen.name)
        else:
            memory = self._memory(row.channel_id, policy.name)
            chosen = policy.choose(eligible, memory, self._at)
            kind, reason = "assigned", policy.reason(chosen)
        self._pool.took(chosen.member_id, row.channel_id)
        return Dealt(row, chosen.member_id, kind, policy.name, reason)

    def remember(self) -> None:
        """Keep what the policies remember."""
        for (channel_id, policy), memory in self._memories.items():
            stored = self._stored.get((channel_id, policy))
            if stored is None:
                stored = PolicyMemory(channel_id=channel_id, policy=policy)
                self._session.add(stored)
            stored.memory = memory
        self._session.flush()

    def idle_minutes(self) -> dict[int, int]:
        """Minutes by device, where it takes conversations from idle agents."""
        return {
            channel_id: setting.idle_minutes
            for channel_id, setting in self._settings.items()
            if setting.idle_minutes is not None
        }

    def _policy(self, channel_id: int) -> RoutingPolicy:
        setting = self._settings.get(channel_id)
        wanted = setting.policy if setting is not None else DEFAULT_POLICY
        return self._policies.get(wanted) or self._policies[DEFAULT_POLICY]  # its plugin is off

    def _memory(self, channel_id: int, policy: str) -> dict[str, Any]:
        key = (channel_id, policy)
        if key not in self._memories:
            stored = self._session.scalar(
                select(PolicyMemory).where(
                    PolicyMemory.channel_id == channel_id, PolicyMemory.policy == policy
                )
            )
            if stored is not None:
                self._stored[key] = stored
            kept = stored.memory if stored is not None else {}
            # a copy: the column sees a change only where the value is another one
            self._memories[key] = {
                name: dict(value) if isinstance(value, dict) else value
                for name, value in kept.items()
            }
        return self._memories[key]


def _waiting(*columns: Any) -> Any:
    return (
        select(*columns)
        .join(Conversation, Conversation.id == Case.conversation_id)
        .where(
            Case.state == cases.QUEUED,
            Conversation.assignee_id.is_(None),
            Conversation.state == ConversationState.OPEN,
        )
    )


def _page(session: TenantSession, pairs: Collection[Any], last: Any) -> Sequence[Row[Any]]:
    query = _waiting(
        Case.id,
        Case.conversation_id,
        Case.channel_id,
        Case.since,
        Case.tried,
        Case.wants_id,
        Conversation.division_id,
    ).where(or_(*(_is_pair(pair) for pair in pairs)))
    if last is not None:
        behind = and_(Case.since == last.since, Case.id > last.id)
        query = query.where(or_(Case.since > last.since, behind))
    found: Sequence[Row[Any]] = session.execute(
        query.order_by(Case.since, Case.id).limit(PAGE)
    ).all()
    return found


def _is_pair(pair: Any) -> Any:
    channel_id, division_id = pair
    return and_(
        Case.channel_id == channel_id,
        Conversation.division_id.is_(None)
        if division_id is None
        else Conversation.division_id == division_id,
    )


def _keep(
    session: TenantSession,
    dealt: Sequence[Dealt],
    at: datetime,
    scene: dict[str, Any],
    minutes: Mapping[int, int],
) -> None:
    """Write where the conversations stand now, when their agents lose them, and why they went."""
    if not dealt:
        return
    ends = clocks_from(
        session, {one.row.conversation_id: minutes.get(one.row.channel_id) for one in dealt}, at
    )
    update_rows(
        session,
        Case,
        [
            {
                "id": one.row.id,
                "state": cases.HELD,
                "agent_id": one.agent_id,
                "held_at": at,
                "clock_at": ends.get(one.row.conversation_id),
                "wants_id": None,
            }
            for one in dealt
        ],
    )
    scene_id = insert_rows(session, Scene, [{"at": at, "agents": scene}])[0]
    insert_unnamed(
        session,
        Decision,
        [
            {
                "conversation_id": one.row.conversation_id,
                "channel_id": one.row.channel_id,
                "division_id": one.row.division_id,
                "agent_id": one.agent_id,
                "kind": one.kind,
                "policy": one.policy,
                "since": one.row.since,
                "at": at,
                "scene_id": scene_id,
                "place": place,
                "tried": one.row.tried,
            }
            for place, one in enumerate(dealt)
        ],
    )
    session.expire_all()


def _straighten(session: TenantSession, missed: Sequence[Dealt]) -> None:
    """What somebody took, closed or filled up meanwhile."""
    for one in missed:
        conversation = cases.fresh(session, one.row.conversation_id)
        if conversation is not None:
            cases.settle(session, conversation, cases.open_case(session, conversation))
