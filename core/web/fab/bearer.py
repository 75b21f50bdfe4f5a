"""The bearer token of a REST call: FAB's JWT, or one of our own kind (`sapa_…`)."""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, g, request
from flask_jwt_extended import verify_jwt_in_request


def bearer_token() -> str:
    """The token of the Authorization header, or an empty string."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def use_bearer() -> bool:
    """Act as whom the bearer token stands for, of whichever kind; False without one.

    A token that isn't valid ends the request as a 401. Asked twice, it is checked once.
    """
    token = bearer_token()
    if not token:
        return False
    if "_sapa_bearer" not in g:
        if not use_token(token):
            verify_jwt_in_request()
        g._sapa_bearer = True
    return True


def use_token(token: str) -> bool:
    """Act as the owner of one of our own tokens; False when it is not of that kind.

    `sm.user_from_token(token)` answers the user, or None for a token that is unknown,
    expired or revoked: the call is then nobody's, and ends as a 401.
    """
    sm = current_app.appbuilder.sm  # type: ignore[attr-defined]  # FAB sets it
    if not token.startswith(sm.token_prefix):
        return False
    user = sm.user_from_token(token)
    if user is None or not user.is_active:
        abort(401)
    g.user = g._sapa_token_user = user
    return True


def token_user() -> Any | None:
    """The user that a token of ours stands for in this request, or None."""
    return g.get("_sapa_token_user")
