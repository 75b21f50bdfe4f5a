"""The two ways in, form and REST, both rate limited and both answering bad input plainly.

Upstream limits the form only where AUTH_RATE_LIMITED is set, and the REST login never.
"""

from __future__ import annotations

from typing import Any

from flask import current_app, jsonify
from flask_appbuilder.security.api import (
    SecurityApi,
)
from flask_appbuilder.security.schemas import (
    login_post,
)
from flask_appbuilder.security.views import (
    AuthDBView,
)
from flask_appbuilder.utils.limit import Limit
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
)
from marshmallow import ValidationError

from core.errors import Invalid
from core.web.fab.api import flattened, json_object
from core.web.fab.routes import expose


def login_limit() -> str:
    """How often one address may try: AUTH_RATE_LIMIT, in Flask-Limiter's notation."""
    return str(current_app.config["AUTH_RATE_LIMIT"])


class LoginView(AuthDBView):
    """FAB's login page; a name of our own so that the theme can extend it."""


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
            return self.response(401, message="The user name or the password is wrong.")
        answer = {"access_token": create_access_token(identity=str(user.id), fresh=True)}
        if asked.get("refresh"):
            answer["refresh_token"] = create_refresh_token(identity=str(user.id))
        return self.response(200, **answer)


LimitedSecurityApi.login.__doc__ = SecurityApi.login.__doc__  # OpenAPI is written from it


def json_unauthorized(manager: JWTManager) -> None:
    """Let every way a JWT can be wrong answer 401 in our shape (upstream: `{"msg"}`, some 422)."""

    def answer(*_: Any) -> Any:
        sentence = "Log in again: the token is missing, wrong, expired or ended by a logout."
        return jsonify({"message": sentence, "errors": {}}), 401

    manager.unauthorized_loader(answer)
    manager.invalid_token_loader(answer)
    manager.expired_token_loader(answer)
    manager.revoked_token_loader(answer)
    manager.user_lookup_error_loader(answer)
    manager.needs_fresh_token_loader(answer)
