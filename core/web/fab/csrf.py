"""Every change needs the CSRF token, unless the caller brought a bearer token.

Upstream ships without CSRFProtect (`GET /x/delete/5` deletes), and with it exempts every
REST resource, also those that a cookie opens.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint, Flask, current_app, request, session
from flask_wtf.csrf import CSRFProtect

from core.web.fab.bearer import bearer_token

Route = TypeVar("Route", bound=Callable[..., Any])


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
        if is_machine_door(request.endpoint):
            return
        super().protect(*args, **kwargs)


def machine_door(reason: str) -> Callable[[Route], Route]:
    """Mark a route that machines call: no login, no CSRF token, no tenant in context.

    `reason` says what proves the caller instead. The route takes its channel from
    `core.web.door.channel_door` and checks that proof itself.
    """

    def mark(method: Route) -> Route:
        method._sapa_door = reason  # type: ignore[attr-defined]  # read below
        return method

    return mark


def is_machine_door(endpoint: str | None) -> bool:
    """Whether the route of this endpoint is marked as a machine's."""
    return bool(getattr(current_app.view_functions.get(endpoint or ""), "_sapa_door", ""))


def init_csrf(app: Flask) -> CSRFProtect:
    """Wire it; before AppBuilder, which looks for the extension when it registers APIs."""
    csrf = SapaCSRF()
    csrf.init_app(app)
    return csrf
