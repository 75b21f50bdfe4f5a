"""The decision log of a conversation, in a person's words (C15)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from core.api import Candidate, Membership, TenantSession, team
from plugins.routing import scenes, settings
from plugins.routing.models import Decision
from plugins.routing.words import log_reason, verdict_sentence

SHOWN = 10


def lines(session: TenantSession, conversation_id: int) -> list[dict[str, Any]]:
    """The last decisions, newest first: each with its sentence, and one for each candidate."""
    decisions = session.scalars(
        select(Decision)
        .where(Decision.conversation_id == conversation_id)
        .options(joinedload(Decision.agent).joinedload(Membership.user))
        .order_by(Decision.id.desc())
        .limit(SHOWN)
    ).all()
    names, standings = team.names(session), scenes.standings(session, decisions)
    return [
        {
            "decision": one,
            "sentence": _sentence(session, one, standings.get(one.id, ())),
            "candidates": [
                verdict_sentence(
                    each.verdict, names.get(each.member_id, "?"), each.open_count, each.capacity
                )
                for each in standings.get(one.id, ())
                if each.member_id != one.agent_id
            ],
        }
        for one in decisions
    ]


def _sentence(session: TenantSession, one: Decision, standings: Sequence[scenes.Standing]) -> str:
    name = one.agent.name if one.agent is not None else ""
    policy = settings.policies(session).get(one.policy)
    if one.kind != "assigned" or policy is None:
        return log_reason(one.kind, name)
    for each in standings:
        if each.member_id == one.agent_id:
            return policy.reason(
                Candidate(each.member_id, name, each.open_count, each.capacity, each.weight)
            )
    return log_reason(one.kind, name)
