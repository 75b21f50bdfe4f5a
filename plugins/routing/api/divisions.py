"""`/api/v1/division/<id>/rules`: which conversations a division gets, and who is in it (C6).

Divisions themselves are the core's noun: `/api/v1/division/`.
"""

from __future__ import annotations

from typing import Annotated

from flask import Response
from flask_appbuilder.api import expose
from pydantic import BaseModel, ConfigDict, Field

from core.api import Body, RowId, body_of, protect, row_id, web_session
from plugins.routing import divisions
from plugins.routing.api.managed import ManagedOperations


class Rule(BaseModel):
    """What is asked, and the value that it must have."""

    model_config = ConfigDict(extra="forbid")

    criterion: str
    value: str


class RulesBody(Body):
    """`rules` in their order: a conversation must meet all. `members`: left out, they stay."""

    rules: Annotated[list[Rule], Field(max_length=200)]
    members: Annotated[list[RowId], Field(max_length=1000)] | None = None


class DivisionRuleOperations(ManagedOperations):
    """Rules and members of a division."""

    resource_name = "division"

    @expose("/<pk>/rules", methods=["GET"])
    @protect()
    def rules(self, pk: str) -> Response:
        """The rules and members of a division.
        ---
        get:
          description: Its rules in their order, and the ids of its members
          responses:
            200: {description: Rules and members}
            404: {description: No such division}
        """
        session = web_session()
        division = divisions.get(session, row_id(pk))
        answer: Response = self.response(
            200,
            id=division.id,
            rules=division.rules,
            members=divisions.members_of(session, division),
        )
        return answer

    @expose("/<pk>/rules", methods=["PUT"])
    @protect()
    def set_rules(self, pk: str) -> Response:
        """Set the rules, and where they are named the members.
        ---
        put:
          description: A conversation that meets all rules goes to the division
          responses:
            200: {description: Set}
            404: {description: No such division}
            422: {description: Refused, with the field}
        """
        body, session = body_of(RulesBody), web_session()
        division = divisions.get(session, row_id(pk))
        members = body.members
        divisions.save(
            session,
            division,
            name=division.name,
            rules=[(each.criterion, each.value) for each in body.rules],
            member_ids=divisions.members_of(session, division) if members is None else members,
        )
        return self.answer(id=division.id, rules=division.rules)
