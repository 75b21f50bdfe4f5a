"""Choosing one's language: in the top bar, in the profile, on the sign-in page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import abort, current_app, redirect, request, session, url_for
from flask_login import current_user

from core.host.declarations import ViewDecl
from core.services.profile import choose_language
from core.web.fab import Page, expose
from core.web.language import CHOSEN
from core.web.request import web_session


class LanguageView(Page):
    """`POST /language/`: `code` is a language, or empty for the business's own.

    Anybody may, also before signing in. Who is signed in finds it again on other devices.
    """

    route_base = "/language"

    @expose("/", methods=["POST"])
    def choose(self) -> Any:
        code = request.form.get("code", "")
        if code and code not in current_app.config["LANGUAGES"]:
            abort(404)
        if current_user.is_authenticated:
            choose_language(web_session(), current_user.id, code or None)
            web_session().commit()
        if code:
            session[CHOSEN] = code
        else:
            session.pop(CHOSEN, None)
        return redirect(_where_from())


def _where_from() -> str:
    """The page on which it was chosen, where that can be shown again; else the first one."""
    came = urlsplit(request.referrer or "")
    routes = current_app.url_map.bind_to_environ(request.environ)
    if came.netloc == request.host and routes.test(came.path, "GET"):
        return f"{came.path}?{came.query}" if came.query else came.path
    return url_for("HomeView.index")


PAGES = (ViewDecl(view=LanguageView),)
