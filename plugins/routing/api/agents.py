"""`/api/v1/agent/` and `/api/v1/presence/`: who works on what, and who is there (C1 to C4)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from flask import Response, abort
from flask_appbuilder.api import expose
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from core.api import (
    Allocation,
    Body,
    Malformed,
    Membership,
    NotFound,
    Operation,
    Presence,
    Refused,
    RowId,
    TenantSession,
    body_of,
    may,
    membership,
    presence,
    protect,
    row_id,
    say,
    web_session,
)
from plugins.routing import agents, hiring, hours
from plugins.routing.api.managed import ManagedOperations


class Device(BaseModel):
    """A device, and how many of its conversations at once; null: no own limit."""

    model_config = ConfigDict(extra="forbid")

    channel_id: RowId
    capacity: int | None = None


class Hours(BaseModel):
    """Days of the week (Monday is 0) and times like 09:00; no days: always."""

    model_config = ConfigDict(extra="forbid")

    days: Annotated[list[int], Field(max_length=7)]
    begin: str = "09:00"
    end: str = "17:00"


class AgentBody(Body):
    """Somebody who works here by `member_id`, or somebody new by name and address."""

    member_id: RowId | None = None
    name: str = ""
    email: str = ""


class AgentChange(Body):
    """What isn't given stays."""

    divisions: Annotated[list[RowId], Field(max_length=1000)] | None = None
    channels: Annotated[list[Device], Field(max_length=1000)] | None = None
    capacity: int | None = None
    weight: int | None = None
    hours: Hours | None = None


class RemoveBody(Body):
    """Who gets the open conversations: a member's id, or `others` for whoever is next."""

    heir: RowId | Literal["others"] | None = None


class PresenceBody(Body):
    """`member_id`: left out, the asker's own."""

    presence: Presence
    member_id: RowId | None = None


class AgentOperations(ManagedOperations):
    """Agents: divisions, devices, capacity, weight and hours."""

    resource_name = "agent"

    @expose("/", methods=["GET"])
    @protect()
    def get_list(self) -> Response:
        """All agents, by name.
        ---
        get:
          description: Every agent with presence, load, divisions and devices
          responses:
            200: {description: The agents}
        """
        session = web_session()
        limits = _limits(session)
        found = [as_json(row, limits) for row in agents.rows(session)]
        answer: Response = self.response(200, count=len(found), result=found)
        return answer

    @expose("/<pk>", methods=["GET"])
    @protect()
    def get(self, pk: str) -> Response:
        """One agent.
        ---
        get:
          description: One agent
          responses:
            200: {description: The agent}
            404: {description: No such agent}
        """
        session = web_session()
        row = agents.row_of(session, row_id(pk))
        answer: Response = self.response(200, result=as_json(row, _limits(session)))
        return answer

    @expose("/", methods=["POST"])
    @protect()
    def post(self) -> Response:
        """Add an agent.
        ---
        post:
          description: A colleague becomes one, or somebody new gets an account
          responses:
            201: {description: Added; of somebody new the password, shown this once}
            403: {description: Not for the asker to say who works here}
            422: {description: Refused, with the field}
        """
        body, session = body_of(AgentBody), web_session()
        if not may("edit", "Membership"):
            abort(403)
        if body.member_id is not None:
            return self.answer(201, id=hiring.promote(session, body.member_id))
        if not body.email.strip():
            raise Refused(say("Name a colleague, or give an e-mail address."), "email")
        member_id, password = hiring.hire(session, body.name, body.email)
        return self.answer(201, id=member_id, password=password)

    @expose("/<pk>", methods=["PUT"])
    @protect()
    def put(self, pk: str) -> Response:
        """Change an agent.
        ---
        put:
          description: Divisions, devices, capacity, weight and hours; what isn't given stays
          responses:
            200: {description: Changed}
            404: {description: No such agent}
            422: {description: Refused, with the field}
        """
        body, session = body_of(AgentChange), web_session()
        row = agents.row_of(session, row_id(pk))
        agents.save(session, row.member, _values(session, row, body))
        session.flush()
        row = agents.row_of(session, row.member.id)
        return self.answer(id=row.member.id, result=as_json(row, _limits(session)))

    @expose("/<pk>/remove", methods=["POST"])
    @protect()
    def remove(self, pk: str) -> Response:
        """Let an agent go.
        ---
        post:
          description: First their open conversations go to somebody else
          responses:
            200: {description: They are no agent any more}
            403: {description: Not for the asker to say who works here}
            404: {description: No such agent}
            422: {description: They have open conversations, and nobody is named}
        """
        body, session = body_of(RemoveBody), web_session()
        if not may("edit", "Membership"):
            abort(403)
        row = agents.row_of(session, row_id(pk))
        heir: Membership | str | None = None
        if body.heir == "others":
            heir = "others"
        elif isinstance(body.heir, int):
            heir = agents.row_of(session, body.heir).member
        agents.remove(session, row.member, heir)
        return self.answer(message="OK")


class PresenceOperations(Operation):
    """How somebody stands: online, busy, away or offline."""

    resource_name = "presence"
    class_permission_name = "Inbox"
    method_permission_name = {"post": "mark_read"}

    @expose("/", methods=["POST"])
    @protect()
    def post(self) -> Response:
        """Say how somebody stands.
        ---
        post:
          description: The asker, or for those who manage the distribution anybody
          responses:
            200: {description: Said}
            403: {description: Somebody else's}
            404: {description: No such member}
        """
        body, session, own = body_of(PresenceBody), web_session(), membership()
        member_id = body.member_id or (own.id if own is not None else None)
        if member_id is None:
            raise Malformed(say("Say whose: give member_id."))
        if (own is None or member_id != own.id) and not may("manage", "Distribution"):
            abort(403)
        member = session.get(Membership, member_id)
        if member is None or not member.is_active:
            raise NotFound(say("There is no such member."))
        presence.choose(session, member, body.presence)
        return self.answer(id=member.id, presence=body.presence.value)


def as_json(row: agents.AgentRow, limits: dict[tuple[int, int], int | None]) -> dict[str, Any]:
    """An agent as it is answered."""
    setting = row.setting
    return {
        "id": row.member.id,
        "name": row.member.name,
        "presence": row.presence.value,
        "open_count": row.member.open_count,
        "capacity": row.member.capacity,
        "weight": setting.weight if setting else 1,
        "hours": setting.hours if setting else [],
        "divisions": [each.id for each in row.divisions],
        "channels": [
            {"channel_id": each.id, "capacity": limits.get((row.member.id, each.id))}
            for each in row.channels
        ],
    }


def _limits(session: TenantSession) -> dict[tuple[int, int], int | None]:
    return {
        (each.member_id, each.channel_id): each.capacity
        for each in session.scalars(select(Allocation))
    }


def _values(session: TenantSession, row: agents.AgentRow, body: AgentChange) -> agents.AgentValues:
    setting, member = row.setting, row.member
    kept = {
        channel: most for (owner, channel), most in _limits(session).items() if owner == member.id
    }
    given = body.hours
    return agents.AgentValues(
        divisions=[each.id for each in row.divisions] if body.divisions is None else body.divisions,
        channels=kept
        if body.channels is None
        else {each.channel_id: each.capacity for each in body.channels},
        capacity=member.capacity if body.capacity is None else body.capacity,
        weight=(setting.weight if setting else 1) if body.weight is None else body.weight,
        hours=(list(setting.hours) if setting else [])
        if given is None
        else hours.checked(given.days, given.begin, given.end),
    )
