"""The tab Divisions (C5, C6)."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from core.api import expose, has_access, need_tenant, now, web_session
from plugins.routing import agents, divisions
from plugins.routing.dividing import criteria
from plugins.routing.views import forms
from plugins.routing.views.formed import FormedPage


class DistributionDivisionsView(FormedPage):
    """`/distribution/divisions/`."""

    route_base = "/distribution/divisions"

    @expose("/")
    @has_access
    def index(self) -> Any:
        """All divisions, in the order in which they are asked."""
        need_tenant()
        session = web_session()
        return self.render_template(
            "routing/divisions.html",
            title=_("Lead distribution"),
            tab="divisions",
            divisions=divisions.all_of(session),
            sizes=divisions.sizes(session),
            criteria=criteria(session),
        )

    @expose("/<int:pk>/archive", methods=["POST"])
    @has_access
    def archive(self, pk: int) -> Any:
        """Out of the lists; what refers to it keeps it."""
        division = divisions.get(web_session(), pk)
        division.archived_at = now()
        web_session().commit()
        flash(_("Archived."), "success")
        return redirect(url_for("DistributionDivisionsView.index"))

    def _save(self, pk: int | None) -> Any:
        session = web_session()
        division = divisions.get(session, pk) if pk is not None else None
        return forms.saved(
            lambda: divisions.save(
                session,
                division,
                name=forms.text("name"),
                rules=typed_rules(),
                member_ids=forms.ids("members"),
            ),
            lambda errors: self._form(pk, errors),
            url_for("DistributionDivisionsView.index"),
            _("Saved."),
        )

    def _form(self, pk: int | None, errors: dict[str, list[str]]) -> Any:
        session = web_session()
        division = divisions.get(session, pk) if pk is not None else None
        is_typed = request.method == "POST"
        stored = [(rule["criterion"], rule["value"]) for rule in division.rules] if division else []
        known = criteria(session)
        return self.render_template(
            "routing/division_form.html",
            title=_("Edit division") if division else _("Add division"),
            division=division,
            errors=errors,
            name=forms.text("name") if is_typed else (division.name if division else ""),
            rules=[*(typed_rules() if is_typed else stored), ("", "")],
            members=forms.ids("members")
            if is_typed
            else (divisions.members_of(session, division) if division else []),
            every_agent=agents.rows(session),
            criteria=known,
            choices={name: each.choices(session) for name, each in known.items()},
        )


def typed_rules() -> list[tuple[str, str]]:
    """The rules of the form, without the empty line."""
    names, values = request.form.getlist("criterion"), request.form.getlist("value")
    return [
        (name, value.replace("\x00", ""))
        for name, value in zip(names, values, strict=False)
        if name
    ]
