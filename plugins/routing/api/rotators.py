"""`/api/v1/rotator/`: links that spread clicks over numbers by weight, with their counters."""

from __future__ import annotations

from typing import Annotated, Any

from flask import Response
from flask_appbuilder.api import expose
from pydantic import BaseModel, ConfigDict, Field

from core.api import Body, RowId, body_of, current_actor, protect, row_id, web_session
from plugins.routing import rotators
from plugins.routing.api.managed import ManagedOperations
from plugins.routing.models import Rotator
from plugins.routing.views.rotators import address_of


class Target(BaseModel):
    """One number and its share."""

    model_config = ConfigDict(extra="forbid")

    channel_id: RowId
    weight: int = 1


Targets = Annotated[list[Target], Field(max_length=200)]


class RotatorBody(Body):
    """`greeting`: what the customer sends first."""

    name: str
    greeting: str = ""
    is_active: bool = True
    targets: Targets


class RotatorChange(Body):
    """What isn't given stays; `targets` replace all that there were, and keep their clicks."""

    name: str | None = None
    greeting: str | None = None
    is_active: bool | None = None
    targets: Targets | None = None


class RotatorOperations(ManagedOperations):
    """Rotator links."""

    resource_name = "rotator"

    @expose("/", methods=["GET"])
    @protect()
    def get_list(self) -> Response:
        """All links, by name.
        ---
        get:
          description: Every link with its address and how often it was clicked
          responses:
            200: {description: The links}
        """
        found = [as_json(each) for each in rotators.all_of(web_session())]
        answer: Response = self.response(200, count=len(found), result=found)
        return answer

    @expose("/<pk>", methods=["GET"])
    @protect()
    def get(self, pk: str) -> Response:
        """One link.
        ---
        get:
          description: One link with its counters
          responses:
            200: {description: The link}
            404: {description: No such link}
        """
        answer: Response = self.response(
            200, result=as_json(rotators.get(web_session(), row_id(pk)))
        )
        return answer

    @expose("/", methods=["POST"])
    @protect()
    def post(self) -> Response:
        """Create a link.
        ---
        post:
          description: A link over some numbers; its address is in the answer
          responses:
            201: {description: Created}
            422: {description: Refused, with the field}
        """
        body = body_of(RotatorBody)
        made = rotators.save(
            web_session(),
            None,
            name=body.name,
            greeting=body.greeting,
            is_active=body.is_active,
            weights=_weights(body.targets),
            user_id=current_actor().user_id,
        )
        return self.answer(201, id=made.id, result=as_json(made))

    @expose("/<pk>", methods=["PUT"])
    @protect()
    def put(self, pk: str) -> Response:
        """Change a link.
        ---
        put:
          description: What isn't given stays; its address never changes
          responses:
            200: {description: Changed}
            404: {description: No such link}
            422: {description: Refused, with the field}
        """
        body = body_of(RotatorChange)
        rotator = rotators.get(web_session(), row_id(pk))
        kept = {each.channel_id: each.weight for each in rotator.targets}
        changed = rotators.save(
            web_session(),
            rotator,
            name=rotator.name if body.name is None else body.name,
            greeting=rotator.greeting if body.greeting is None else body.greeting,
            is_active=rotator.is_active if body.is_active is None else body.is_active,
            weights=kept if body.targets is None else _weights(body.targets),
        )
        return self.answer(id=changed.id, result=as_json(changed))

    @expose("/<pk>", methods=["DELETE"])
    @protect()
    def delete(self, pk: str) -> Response:
        """Delete a link.
        ---
        delete:
          description: Its address leads nowhere from then on
          responses:
            200: {description: Deleted}
            404: {description: No such link}
        """
        rotators.remove(web_session(), rotators.get(web_session(), row_id(pk)))
        return self.answer(message="OK")


def as_json(rotator: Rotator) -> dict[str, Any]:
    """A link as it is answered."""
    return {
        "id": rotator.id,
        "name": rotator.name,
        "address": address_of(rotator),
        "greeting": rotator.greeting,
        "is_active": rotator.is_active,
        "clicks": sum(each.clicks for each in rotator.targets),
        "targets": [
            {"channel_id": each.channel_id, "weight": each.weight, "clicks": each.clicks}
            for each in rotator.targets
        ],
    }


def _weights(targets: list[Target]) -> dict[int, int]:
    return {each.channel_id: each.weight for each in targets}
