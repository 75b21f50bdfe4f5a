"""Why a conversation is whose it is: the decision log in the customer's panel (C15)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, render_template
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from core.api import (
    Candidate,
    Conversation,
    Membership,
    NotFound,
    Page,
    TenantSession,
    expose,
    has_access,
    team,
    tenant_time,
    web_session,
)
from plugins.routing import scenes, settings
from plugins.routing.models import Decision
from plugins.routing.words import KIND_COLOURS, KINDS, log_reason, verdict_sentence

SHOWN = 10


class RoutingWhyView(Page):
    """`/distribution/why/<conversation>`: a fragment for the panel."""

    route_base = "/distribution/why"
    default_view = "why"
    class_permission_name = "Distribution"
    method_permission_name = {"why": "read"}

    @expose("/<int:conversation_id>")
    @has_access
    def why(self, conversation_id: int) -> Any:
        """The last decisions, newest first; 204 where there is none."""
        session = web_session()
        if session.get(Conversation, conversation_id) is None:
            raise NotFound("There is no such conversation.")
        found = lines(session, conversation_id)
        if not found:
            return Response(status=204)
        return render_template(
            "routing/why.html", lines=found, kinds=KINDS, colours=KIND_COLOURS, time=tenant_time
        )


def lines(session: TenantSession, conversation_id: int) -> list[dict[str, Any]]:
    """Each decision with its sentence, and one for each candidate."""
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
