"""A person's own phone, connected from the profile (D3), and the module beside it (D6)."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from core.errors import NotFound, Refused
from core.host.declarations import ViewDecl
from core.models import Channel, Membership, Module
from core.services import own_numbers
from core.web.fab import expose, has_access
from core.web.fab.values import text_problem
from core.web.operations.base import row_id
from core.web.pages.channel_rows import living_channel
from core.web.pages.pairing import PairingView
from core.web.pages.profile_values import profile_values
from core.web.request import membership, need_tenant, web_session


class OwnNumberView(PairingView):
    """`/profile/number/`: the same pairing, of one's own phones only."""

    route_base = "/profile/number"
    class_permission_name = "OwnNumber"
    method_permission_name = {
        **PairingView.method_permission_name,
        "module": "connect",
    }

    def channel(self, pk: str) -> Channel:
        found = living_channel(pk)
        if found.owner_id != _member().id:
            raise NotFound(_("There is no such channel."))
        return found

    def base(self) -> dict[str, Any]:
        return {"view": type(self).__name__, "is_own": True}

    @expose("/connect", methods=["POST"])
    @has_access
    def connect(self) -> Any:
        """Enter the own number; the code is next."""
        typed = request.form.get("own_number", "")
        session = web_session()
        try:
            if problem := text_problem(typed):
                raise Refused(problem, "own_number")
            made = own_numbers.connect_own(session, _member(), typed, _module())
        except Refused as refused:
            session.rollback()
            values = profile_values("number", _by_field(refused))
            return self.render_template("sapa/profile.html", **values), refused.status
        session.commit()
        return redirect(url_for("OwnNumberView.pair", pk=made.id))

    @expose("/<pk>/module", methods=["POST"])
    @has_access
    def module(self, pk: str) -> Any:
        """Choose where unknown senders get a card."""
        own_numbers.choose_module(web_session(), self.channel(pk), _module())
        web_session().commit()
        flash(_("Saved."), "success")
        return redirect(url_for("ProfileView.index"))


def _member() -> Membership:
    need_tenant()
    found = membership()
    if found is None:
        raise NotFound(_("There is no such channel."))
    return found


def _module() -> Module | None:
    text = request.form.get("module", "")
    if not text:
        return None
    found = web_session().get(Module, row_id(text))
    if found is None or found.archived_at is not None:
        raise Refused(_("Choose one of the list."), "module")
    return found


def _by_field(refused: Refused) -> dict[str, list[str]]:
    return refused.errors or {"own_number": [refused.message]}


PAGES = (ViewDecl(view=OwnNumberView),)
