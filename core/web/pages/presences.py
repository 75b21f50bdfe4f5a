"""How a person says that they are here, busy, away, or offline: in the menu of their account."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from core.errors import Malformed
from core.host.declarations import ViewDecl
from core.models import Membership
from core.models.tenant import Presence
from core.services import presence
from core.web.fab import Page, expose, has_access
from core.web.request import membership, web_session


class PresenceView(Page):
    """`/presence/`: what the asker says of themselves, in this tenant."""

    route_base = "/presence"
    default_view = "choose"
    class_permission_name = "Inbox"
    method_permission_name = {"choose": "mark_read"}

    @expose("/", methods=["POST"])
    @has_access
    def choose(self) -> Any:
        """Set `presence`: online, busy, away or offline."""
        session = web_session()
        chosen = request.form.get("presence", "")
        if chosen not in set(Presence):
            raise Malformed("Say online, busy, away or offline.")
        who = membership()
        member = session.get(Membership, who.id) if who is not None else None
        if member is not None:
            presence.choose(session, member, Presence(chosen))
            session.commit()
        return Response(status=204, headers={"HX-Refresh": "true"})


PAGES = (ViewDecl(view=PresenceView),)
