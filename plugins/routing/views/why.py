"""Why a conversation is whose it is: the decision log in the customer's panel (C15)."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template

from core.api import (
    Conversation,
    NotFound,
    Page,
    expose,
    has_access,
    tenant_time,
    web_session,
)
from plugins.routing import log
from plugins.routing.words import KIND_COLOURS, KINDS


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
        found = log.lines(session, conversation_id)
        if not found:
            return Response(status=204)
        return render_template(
            "routing/why.html", lines=found, kinds=KINDS, colours=KIND_COLOURS, time=tenant_time
        )
