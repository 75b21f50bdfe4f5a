"""Lead distribution: the agents, their setting, and letting one go (C1 to C3)."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from core.api import (
    Allocation,
    Channel,
    Membership,
    Page,
    Refused,
    TenantSession,
    expose,
    has_access,
    need_tenant,
    web_session,
)
from plugins.routing import agents, divisions, hours
from plugins.routing.views import forms


class DistributionView(Page):
    """`/distribution/`: the list of agents, and each one's setting."""

    route_base = "/distribution"
    class_permission_name = "Distribution"
    method_permission_name = {
        "index": "manage",
        "agent": "manage",
        "edit": "manage",
        "save": "manage",
        "remove": "manage",
        "delete": "manage",
    }

    @expose("/")
    @has_access
    def index(self) -> Any:
        """The agents."""
        need_tenant()
        return self.render_template(
            "routing/agents.html",
            title=_("Lead distribution"),
            tab="agents",
            rows=agents.rows(web_session()),
            is_limited=need_tenant().limits_agents,
        )

    @expose("/agent/<int:pk>")
    @has_access
    def agent(self, pk: int) -> Any:
        """One agent's setting, to read."""
        row = agents.row_of(web_session(), pk)
        return self.render_template(
            "routing/agent.html",
            title=row.member.name,
            row=row,
            is_limited=need_tenant().limits_agents,
        )

    @expose("/agent/<int:pk>/edit")
    @has_access
    def edit(self, pk: int) -> Any:
        """The form."""
        return self._form(pk, {})

    @expose("/agent/<int:pk>/save", methods=["POST"])
    @has_access
    def save(self, pk: int) -> Any:
        """Divisions, devices, capacity, weight and hours."""
        session = web_session()
        row = agents.row_of(session, pk)
        return forms.saved(
            lambda: agents.save(session, row.member, agent_values()),
            lambda errors: self._form(pk, errors),
            url_for("DistributionView.agent", pk=pk),
            _("Saved."),
        )

    @expose("/agent/<int:pk>/delete")
    @has_access
    def delete(self, pk: int) -> Any:
        """What is asked before an agent goes: who gets their open conversations."""
        return self._delete(pk, {})

    @expose("/agent/<int:pk>/remove", methods=["POST"])
    @has_access
    def remove(self, pk: int) -> Any:
        """Let the agent go; `heir` is a member, or `others`."""
        if not may_staff(self):
            abort(403)
        session = web_session()
        row = agents.row_of(session, pk)
        try:
            chosen = forms.text("heir")
            heir: Membership | str | None = chosen if chosen == "others" else None
            if chosen and heir is None:
                heir_id = forms.number("heir") or 0
                heir = agents.row_of(session, heir_id).member
            agents.remove(session, row.member, heir)
        except Refused as refused:
            session.rollback()
            return self._delete(pk, refused.errors or {"heir": [str(refused)]}), refused.status
        session.commit()
        flash(_("%(name)s is no agent any more.", name=row.member.name), "success")
        return redirect(url_for("DistributionView.index"))

    def _form(self, pk: int, errors: dict[str, list[str]]) -> Any:
        row = agents.row_of(web_session(), pk)
        return self.render_template(
            "routing/agent_form.html",
            title=_("Edit agent"),
            row=row,
            errors=errors,
            **form_values(web_session(), row, is_typed=request.method == "POST"),
        )

    def _delete(self, pk: int, errors: dict[str, list[str]]) -> Any:
        session = web_session()
        row = agents.row_of(session, pk)
        return self.render_template(
            "routing/agent_delete.html",
            title=_("Delete %(name)s", name=row.member.name),
            row=row,
            held=len(agents.held_by(session, row.member)),
            others=[each for each in agents.rows(session) if each.member.id != pk],
            may_staff=may_staff(self),
            errors=errors,
        )


def may_staff(page: Page) -> bool:
    """Whether the asker may say who works here."""
    return bool(page.appbuilder.sm.has_access("can_edit", "Membership"))


def agent_values() -> agents.AgentValues:
    """What the form sent. Refused, with the field."""
    limits = {}
    for channel_id in forms.ids("channels"):
        limits[channel_id] = forms.number(f"most_{channel_id}")
    return agents.AgentValues(
        divisions=forms.ids("divisions"),
        channels=limits,
        capacity=forms.number("capacity") or 0,
        weight=forms.number("weight") or 1,
        hours=hours.checked(forms.ids("days"), forms.text("begin"), forms.text("end")),
    )


def form_values(session: TenantSession, row: agents.AgentRow, *, is_typed: bool) -> dict[str, Any]:
    """What the form shows: what was typed, or what is stored."""
    living = select(Channel).where(Channel.archived_at.is_(None)).order_by(Channel.name)
    stored = session.scalars(select(Allocation).where(Allocation.member_id == row.member.id))
    limits = {each.channel_id: each.capacity or "" for each in stored}
    hour = row.setting.hours[0] if row.setting and row.setting.hours else {}
    if is_typed:
        return {
            "every_channel": list(session.scalars(living)),
            "every_division": divisions.all_of(session),
            "channels": forms.ids("channels"),
            "divisions": forms.ids("divisions"),
            "limits": {key: forms.text(f"most_{key}") for key in forms.ids("channels")},
            "capacity": forms.text("capacity"),
            "weight": forms.text("weight"),
            "days": forms.ids("days"),
            "begin": forms.text("begin"),
            "end": forms.text("end"),
        }
    return {
        "every_channel": list(session.scalars(living)),
        "every_division": divisions.all_of(session),
        "channels": list(limits),
        "divisions": [each.id for each in row.divisions],
        "limits": limits,
        "capacity": row.member.capacity,
        "weight": row.setting.weight if row.setting else 1,
        "days": hour.get("days", []),
        "begin": hour.get("from", "09:00"),
        "end": hour.get("to", "17:00"),
    }
