"""`/api/v1/distribution/`: the live board, why somebody has a conversation, and the replay."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response, request
from flask_appbuilder.api import expose

from core.api import (
    Conversation,
    Malformed,
    NotFound,
    protect,
    row_id,
    say,
    web_session,
)
from plugins.routing import board, log, replay, settings
from plugins.routing.api.managed import ManagedOperations
from plugins.routing.models import DEFAULT_POLICY


class DistributionOperations(ManagedOperations):
    """What the supervisor's screens show."""

    resource_name = "distribution"

    @expose("/board", methods=["GET"])
    @protect()
    def board(self) -> Response:
        """Agents and the queue, now.
        ---
        get:
          description: How many wait and since when, and each agent's load
          responses:
            200: {description: The board}
        """
        found = board.look(web_session())
        answer: Response = self.response(
            200,
            waiting=found.waiting,
            waiting_since=found.waiting_since.isoformat() if found.waiting_since else None,
            result=[
                {
                    "id": row.member.id,
                    "name": row.member.name,
                    "presence": row.presence.value,
                    "open_count": row.member.open_count,
                    "capacity": row.member.capacity,
                }
                for row in found.rows
            ],
        )
        return answer

    @expose("/decisions/<pk>", methods=["GET"])
    @protect()
    def decisions(self, pk: str) -> Response:
        """Why a conversation is whose it is.
        ---
        get:
          description: The last decisions about a conversation, newest first, with their reasons
          responses:
            200: {description: The decisions}
            404: {description: No such conversation}
        """
        session = web_session()
        conversation = session.get(Conversation, row_id(pk))
        if conversation is None:
            raise NotFound(say("There is no such conversation."))
        found = [_decision(each) for each in log.lines(session, conversation.id)]
        answer: Response = self.response(200, count=len(found), result=found)
        return answer

    @expose("/replay", methods=["GET"])
    @protect()
    def replay(self) -> Response:
        """A day under another policy.
        ---
        get:
          description: "`day` (YYYY-MM-DD on the tenant's clock) dealt again under `policy`"
          responses:
            200: {description: As it was, and as it would have been}
            400: {description: No such day or policy}
        """
        session = web_session()
        policies, name = settings.policies(session), request.args.get("policy", DEFAULT_POLICY)
        if name not in policies:
            raise Malformed(say("Choose one of the policies."))
        try:
            day = date.fromisoformat(request.args.get("day", ""))
        except ValueError as error:
            raise Malformed(say("Give the day as YYYY-MM-DD.")) from error
        found = replay.of_day(session, policies[name], day)
        answer: Response = self.response(
            200,
            day=day.isoformat(),
            policy=name,
            count=found.number,
            was=_outcome(found.was, found.names),
            would=_outcome(found.would, found.names),
        )
        return answer


def _decision(line: dict[str, Any]) -> dict[str, Any]:
    one = line["decision"]
    return {
        "id": one.id,
        "at": one.at.isoformat(),
        "ended_at": one.ended_at.isoformat() if one.ended_at else None,
        "kind": one.kind,
        "policy": one.policy,
        "agent_id": one.agent_id,
        "reason": line["sentence"],
        "others": line["candidates"],
    }


def _outcome(found: replay.Outcome, names: Any) -> dict[str, Any]:
    return {
        "median_wait": found.median_wait,
        "longest_wait": found.longest_wait,
        "agents": [
            {
                "id": key,
                "name": names.get(key, ""),
                "conversations": number,
                "most_at_once": found.peaks[key],
            }
            for key, number in sorted(found.turns.items())
        ],
    }
