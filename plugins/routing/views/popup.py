"""The second way: the Agent column of the inbox's header, and its dialog (C4)."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, abort, make_response, render_template, request
from flask_babel import gettext as _

from core.api import Page, Refused, expose, has_access, need_tenant, web_session
from plugins.routing import agents, hiring
from plugins.routing.views import forms
from plugins.routing.views.agents import agent_values, form_values, may_staff


class AgentPopupView(Page):
    """`/distribution/popup/`: parts of the dialog, for htmx."""

    route_base = "/distribution/popup"
    class_permission_name = "Distribution"
    method_permission_name = {
        "index": "manage",
        "edit": "manage",
        "save": "manage",
        "add": "manage",
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """Choose an agent, or add one."""
        need_tenant()
        return self._list({})

    @expose("/<int:pk>")
    @has_access
    def edit(self, pk: int) -> Any:
        """The chosen agent's form."""
        return self._form(pk, {})

    @expose("/<int:pk>", methods=["POST"])
    @has_access
    def save(self, pk: int) -> Any:
        """Divisions and devices, as on the screen."""
        session = web_session()
        row = agents.row_of(session, pk)
        try:
            agents.save(session, row.member, agent_values())
        except Refused as refused:
            session.rollback()
            return self._form(pk, refused.errors or {"": [str(refused)]}), refused.status
        session.commit()
        answer: Response = make_response(self._list({}))
        words = {"text": _("Saved."), "kind": "success"}
        answer.headers["HX-Trigger"] = json.dumps({"toast": words})
        return answer

    @expose("/add", methods=["POST"])
    @has_access
    def add(self) -> Any:
        """A colleague, or somebody new, becomes an agent."""
        if not may_staff(self):
            abort(403)
        try:
            member_id, password = self._add()
        except Refused as refused:
            web_session().rollback()
            return self._list(refused.errors or {"": [str(refused)]}), refused.status
        web_session().commit()
        return self._form(member_id, {}, password)

    def _add(self) -> tuple[int, str]:
        session = web_session()
        if chosen := forms.number("member"):
            return hiring.promote(session, chosen), ""
        return hiring.hire(session, forms.text("first_name"), forms.text("email"))

    def _list(self, errors: dict[str, list[str]]) -> str:
        session = web_session()
        return render_template(
            "routing/popup.html",
            rows=agents.rows(session),
            colleagues=agents.colleagues(session),
            may_staff=may_staff(self),
            errors=errors,
            typed=request.form,
        )

    def _form(self, pk: int, errors: dict[str, list[str]], password: str = "") -> str:
        session = web_session()
        row = agents.row_of(session, pk)
        values = form_values(session, row, is_typed=bool(errors))
        return render_template(
            "routing/popup_agent.html", row=row, errors=errors, password=password, **values
        )
