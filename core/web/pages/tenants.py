"""Going from one tenant to another, for people who work in several."""

from __future__ import annotations

from typing import Any

from flask import abort, g, redirect, session, url_for
from flask_login import current_user

from core.models import UserState
from core.web.fab import Page, expose
from core.web.fab.access import to_login
from core.web.request import TENANT_COOKIE_KEY, places, tenant, web_session


class TenantSwitchView(Page):
    """`/tenant/<slug>/enter`. A membership there is the check, rather than a permission."""

    route_base = "/tenant"

    @expose("/<slug>/enter", methods=["POST"])
    def enter(self, slug: str) -> Any:
        if not current_user.is_authenticated:
            return to_login()
        for member, where in places():
            if where.slug == slug:
                session[TENANT_COOKIE_KEY] = where.id
                state = web_session().get(UserState, member.user_id)
                if state is not None:
                    state.last_tenant_id = where.id
                    web_session().commit()
                return redirect(url_for("HomeView.index"))
        return abort(404)


def tenant_choices() -> list[dict[str, Any]]:
    """For the switcher in the top bar: slug, name, the current one, and the address to post to."""
    here = tenant()
    return [
        {
            "slug": where.slug,
            "name": where.name,
            "current": here is not None and where.id == here.id,
            "url": url_for("TenantSwitchView.enter", slug=where.slug),
        }
        for _, where in g.get("_sapa_places", [])
    ]
