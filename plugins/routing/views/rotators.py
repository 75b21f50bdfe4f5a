"""Rotator links: weights, counters, and a code to print."""

from __future__ import annotations

import base64
import io
from typing import Any

import segno
from flask import flash, g, redirect, request, url_for
from flask_babel import gettext as _

from core.api import desk, expose, has_access, need_tenant, web_session
from plugins.routing import rotators
from plugins.routing.models import Rotator
from plugins.routing.views import forms
from plugins.routing.views.formed import FormedPage


class RotatorView(FormedPage):
    """`/distribution/links/`."""

    route_base = "/distribution/links"

    @expose("/")
    @has_access
    def index(self) -> Any:
        """All links, with how often each was clicked."""
        need_tenant()
        return self.render_template(
            "routing/rotators.html",
            title=_("Lead distribution"),
            tab="links",
            rotators=rotators.all_of(web_session()),
            address=address_of,
        )

    @expose("/<int:pk>/remove", methods=["POST"])
    @has_access
    def remove(self, pk: int) -> Any:
        """The address leads nowhere from now on."""
        rotators.remove(web_session(), rotators.get(web_session(), pk))
        web_session().commit()
        flash(_("Deleted."), "success")
        return redirect(url_for("RotatorView.index"))

    @expose("/<int:pk>/code")
    @has_access
    def code(self, pk: int) -> Any:
        """A page to print: the code and the address."""
        rotator = rotators.get(web_session(), pk)
        drawn = io.BytesIO()
        segno.make(address_of(rotator), error="m").save(drawn, kind="png", scale=12, border=2)
        return self.render_template(
            "routing/rotator_code.html",
            title=rotator.name,
            address=address_of(rotator),
            picture=base64.b64encode(drawn.getvalue()).decode(),
        )

    def _save(self, pk: int | None) -> Any:
        session = web_session()
        rotator = rotators.get(session, pk) if pk is not None else None
        return forms.saved(
            lambda: rotators.save(
                session,
                rotator,
                name=forms.text("name"),
                greeting=forms.text("greeting"),
                is_active="is_active" in request.form,
                weights={key: forms.number(f"weight_{key}") or 0 for key in forms.ids("numbers")},
                user_id=g.user.id,
            ),
            lambda errors: self._form(pk, errors),
            url_for("RotatorView.index"),
            _("Saved."),
        )

    def _form(self, pk: int | None, errors: dict[str, list[str]]) -> Any:
        session = web_session()
        rotator = rotators.get(session, pk) if pk is not None else None
        is_typed = request.method == "POST"
        stored = {each.channel_id: each.weight for each in rotator.targets} if rotator else {}
        typed = {key: forms.text(f"weight_{key}") for key in forms.ids("numbers")}
        return self.render_template(
            "routing/rotator_form.html",
            title=_("Edit link") if rotator else _("Create link"),
            rotator=rotator,
            errors=errors,
            name=forms.text("name") if is_typed else (rotator.name if rotator else ""),
            greeting=forms.text("greeting") if is_typed else (rotator.greeting if rotator else ""),
            is_active="is_active" in request.form if is_typed else not rotator or rotator.is_active,
            weights=typed if is_typed else stored,
            numbers=rotators.numbers(session),
        )


def address_of(rotator: Rotator) -> str:
    """The link that is given away."""
    return f"{desk().settings.public_url}/r/{rotator.slug}"
