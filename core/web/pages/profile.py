"""A person's own page. Being signed in is the check, rather than a permission."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request, url_for
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_login import current_user, login_user

from core.errors import Refused
from core.host.declarations import ViewDecl
from core.services import profile
from core.services.tenants import end_sessions
from core.tenancy.session import SystemSession
from core.web.fab import Page, expose
from core.web.fab.access import to_login
from core.web.fab.values import text_problem
from core.web.pages.profile_values import profile_values
from core.web.request import desk, web_session


class ProfileView(Page):
    """`/profile/`."""

    route_base = "/profile"

    @expose("/")
    def index(self) -> Any:
        return self._page() if current_user.is_authenticated else to_login()

    @expose("/name", methods=["POST"])
    def name(self) -> Any:
        return self._change(
            "name",
            lambda session, user: profile.change_name(
                session, user, _typed("first_name"), _typed("last_name")
            ),
            _("Saved."),
        )

    @expose("/password", methods=["POST"])
    def password(self) -> Any:
        return self._change(
            "password",
            lambda session, user: profile.change_password(
                session, user, _typed("current"), _typed("wanted"), _typed("again")
            ),
            _("Your password is changed. Every other device has to sign in again."),
        )

    @expose("/sessions", methods=["POST"])
    def sessions(self) -> Any:
        return self._change(
            "sessions",
            lambda session, user: end_sessions(session, user.id),
            _("Signed out everywhere else."),
        )

    def _change(self, form: str, change: Callable[[SystemSession, User], None], done: str) -> Any:
        """Change the person's row; accounts belong to no tenant, so a system session does it."""
        if not current_user.is_authenticated:
            return to_login()
        user_id = current_user.id
        web_session().rollback()  # SQLite has one writer: give the lock to the system session
        try:
            with desk().database.system() as session:
                change(session, session.get_one(User, user_id))
        except Refused as refused:
            return self._page(form, refused.errors), refused.status
        web_session().expire_all()
        user = web_session().get_one(User, user_id)
        login_user(user)  # this device stays signed in, with the new session version
        flash(done, "success")
        return redirect(url_for("ProfileView.index"))

    def _page(self, form: str = "", errors: Any = None) -> Any:
        return self.render_template("sapa/profile.html", **profile_values(form, errors))


def _typed(name: str) -> str:
    value = request.form.get(name, "")
    if problem := text_problem(value):
        raise Refused(problem, name)
    return value


PAGES = (ViewDecl(view=ProfileView),)
