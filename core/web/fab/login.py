"""The two ways in, form and REST, both rate limited and both answering bad input plainly.

Upstream limits the form only where AUTH_RATE_LIMITED is set, and the REST login never; it forgets
the name that was typed with a wrong password, and logs out by GET, which any foreign page can ask.
"""

from __future__ import annotations

from typing import Any

from flask import current_app, jsonify, make_response, redirect, url_for
from flask_appbuilder import BaseView
from flask_appbuilder.security.api import (
    SecurityApi,
)
from flask_appbuilder.security.forms import LoginForm_db
from flask_appbuilder.security.schemas import (
    login_post,
)
from flask_appbuilder.security.views import (
    AuthDBView,
)
from flask_appbuilder.utils.limit import Limit
from flask_babel import gettext as _
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
)
from flask_login import current_user, login_user, logout_user
from marshmallow import ValidationError

from core.errors import Invalid
from core.web.fab.api import flattened, json_object
from core.web.fab.routes import expose
from core.words import say

OWN_PAGE = "ProfileView.index"


def login_limit() -> str:
    """How often one address may try: AUTH_RATE_LIMIT, in Flask-Limiter's notation."""
    return str(current_app.config["AUTH_RATE_LIMIT"])


class LoginView(AuthDBView):
    """GET and POST /login/; POST /logout/, with the CSRF token."""

    @expose("/login/", methods=["GET", "POST"])
    def login(self) -> Any:
        if current_user.is_authenticated:
            return redirect(self._get_safe_next_url())
        form, status = LoginForm_db(), 200
        if form.validate_on_submit():
            sm = self.appbuilder.sm
            user = sm.auth_user_db(form.username.data, form.password.data)
            if user is not None:
                login_user(user, remember=False)
                return redirect(self._get_safe_next_url())
            form.password.errors = [_("The e-mail address or the password is wrong.")]
            status = 401
        elif form.is_submitted():
            status = 422
        page = self.render_template(self.login_template, title=_("Sign in"), form=form)
        answer = make_response(page, status)
        answer.headers["Cache-Control"] = "no-store"  # the form's token is of this session
        return answer

    @expose("/logout/", methods=["POST"])
    def logout(self) -> Any:
        user = self._get_authenticated_user()
        logout_user()
        if user is not None:
            self.appbuilder.sm.on_user_logout(user)
        return redirect(self.appbuilder.get_url_for_login)


class OwnPasswordView(BaseView):
    """In place of FAB's form, which sets a new password without asking for the old one."""

    route_base = "/resetmypassword"

    @expose("/form")
    def this_form_get(self) -> Any:
        return redirect(url_for(OWN_PAGE))


class OwnNameView(BaseView):
    """In place of FAB's form, which writes the names unchecked."""

    route_base = "/userinfoeditview"

    @expose("/form")
    def this_form_get(self) -> Any:
        return redirect(url_for(OWN_PAGE))


class LimitedSecurityApi(SecurityApi):
    """POST /api/v1/security/login and /refresh."""

    limits = [Limit(login_limit, key_func=None, methods=["POST"])]

    @expose("/login", methods=["POST"])
    def login(self) -> Any:
        try:
            asked = login_post.load(json_object())
        except ValidationError as error:
            raise Invalid(flattened(error.messages)) from None
        user = None
        if asked["provider"] == "db":
            user = self.appbuilder.sm.auth_user_db(asked["username"], asked["password"])
        if user is None:
            return self.response(401, message=say("The user name or the password is wrong."))
        answer = {"access_token": create_access_token(identity=str(user.id), fresh=True)}
        if asked.get("refresh"):
            answer["refresh_token"] = create_refresh_token(identity=str(user.id))
        return self.response(200, **answer)


LimitedSecurityApi.login.__doc__ = SecurityApi.login.__doc__  # OpenAPI is written from it


def json_unauthorized(manager: JWTManager) -> None:
    """Let every way a JWT can be wrong answer 401 in our shape (upstream: `{"msg"}`, some 422)."""

    def answer(*_args: Any) -> Any:
        sentence = say("Log in again: the token is missing, wrong, expired or ended by a logout.")
        return jsonify({"message": sentence, "errors": {}}), 401

    manager.unauthorized_loader(answer)
    manager.invalid_token_loader(answer)
    manager.expired_token_loader(answer)
    manager.revoked_token_loader(answer)
    manager.user_lookup_error_loader(answer)
    manager.needs_fresh_token_loader(answer)
