"""Operations on a member: the devices they work on, their divisions, how much they take at once."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from flask_appbuilder.api import expose
from pydantic import Field

from core.errors import NotFound
from core.host.declarations import ApiDecl
from core.models import Membership
from core.services import allocating
from core.web.fab import protect
from core.web.operations.base import Body, Operation, RowId, body_of, row_id
from core.web.request import web_session


class AllocateBody(Body):
    """The channels by their ids; with `divisions` and `capacity` those, too."""

    channels: Annotated[list[RowId], Field(max_length=1000)]
    divisions: Annotated[list[RowId], Field(max_length=1000)] | None = None
    capacity: int | None = None


class MembershipOperations(Operation):
    """`/api/v1/membership/<id>/allocate`."""

    resource_name = "membership"
    class_permission_name = "Membership"

    @expose("/<pk>/allocate", methods=["POST"])
    @protect()
    def allocate(self, pk: str) -> Response:
        """Set the channels that an agent sees and is given conversations of.
        ---
        post:
          description: Set channels, and where they are named divisions and capacity
          responses:
            200: {description: Done}
            404: {description: No such member}
            422: {description: No such channel or division here, or a capacity that can't be}
        """
        body, session = body_of(AllocateBody), web_session()
        member = session.get(Membership, row_id(pk))
        if member is None:
            raise NotFound("There is no such member.")
        if body.capacity is not None:
            allocating.set_capacity(session, member, body.capacity)
        if body.divisions is not None:
            allocating.join_divisions(session, member, body.divisions)
        allocating.allocate(session, member, dict.fromkeys(body.channels))
        return self.answer(message="OK")


OPERATIONS = (ApiDecl(api=MembershipOperations),)
