"""Every change needs the CSRF token, unless the caller brought a bearer token.

Upstream ships without CSRFProtect (`GET /x/delete/5` deletes), and with it exempts every
REST resource, also those that a cookie opens.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, request, session
from flask_wtf.csrf import CSRFProtect

from core.web.fab.bearer import bearer_token


class SapaCSRF(CSRFProtect):
    """A form sends `csrf_token`, a script the header X-CSRFToken."""

    def exempt(self, view: Any) -> Any:
        """Webhooks and the like may be exempted; FAB's wish to exempt /api/ is not heard."""
        if isinstance(view, Blueprint) and (view.url_prefix or "").startswith("/api/"):
            return view
        return super().exempt(view)

    def protect(self, *args: Any, **kwargs: Any) -> None:
        if request.path.startswith("/api/") and (bearer_token() or "_user_id" not in session):
            # no cookie decides here: a foreign page can't set the Authorization header,
            # and a call without any login ends as a 401 or at a public method
            return
        super().protect(*args, **kwargs)


def init_csrf(app: Flask) -> CSRFProtect:
    """Wire it; before AppBuilder, which looks for the extension when it registers APIs."""
    csrf = SapaCSRF()
    csrf.init_app(app)
    return csrf
