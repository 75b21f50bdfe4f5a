"""The live board: agents, loads, queue, longest waiting; drag, or choose, to reassign."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _

from core.api import (
    Conversation,
    Membership,
    NotFound,
    Page,
    assigning,
    expose,
    has_access,
    need_tenant,
    tenant_time,
    web_session,
)
from plugins.routing import board, clock
from plugins.routing.views import forms


class RoutingBoardView(Page):
    """`/distribution/board/`."""

    route_base = "/distribution/board"
    class_permission_name = "Distribution"
    method_permission_name = {"index": "manage", "columns": "manage", "give": "manage"}

    @expose("/")
    @has_access
    def index(self) -> Any:
        """The whole page."""
        need_tenant()
        return self.render_template(
            "routing/board.html", title=_("Lead distribution"), tab="board", **self._values()
        )

    @expose("/columns")
    @has_access
    def columns(self) -> Any:
        """The board alone, asked for after each event."""
        return render_template("routing/_board.html", **self._values())

    @expose("/give", methods=["POST"])
    @has_access
    def give(self) -> Response:
        """Give `conversation` to `agent`, or without one back to the queue."""
        session = web_session()
        conversation = session.get(Conversation, forms.number("conversation") or 0)
        agent_id = forms.number("agent")
        agent = session.get(Membership, agent_id) if agent_id else None
        if conversation is None or (agent_id and agent is None):
            raise NotFound(_("It is gone. Reload the page."))
        assigning.assign(session, conversation, agent)
        session.commit()
        return Response(self.columns())

    def _values(self) -> dict[str, Any]:
        name = request.values.get("name", "").replace("\x00", "")[:80].strip()
        found = board.look(web_session(), name)
        return {"board": found, "name": name, "present": clock.now(), "time": tenant_time}
