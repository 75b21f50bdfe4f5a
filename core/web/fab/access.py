"""Who may call a screen or a REST method: `has_access` and `protect`, both ours.

Upstream's `has_access` redirects everything to the login page, also htmx and downloads,
with an absolute `next`; its `protect` asks for public permissions before it looks at the
token, which costs a query on each call, and mixes a cookie with a bearer token.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlsplit

from flask import abort, current_app, flash, redirect, request, url_for
from flask_appbuilder.const import PERMISSION_PREFIX
from flask_login import current_user
from werkzeug.exceptions import HTTPException

from core.web.fab.bearer import use_bearer
from core.web.fab.routes import Method


def permission_of(view: Any, method: Callable[..., Any]) -> str:
    """`can_<name>` for this method of this view, its renaming applied."""
    own = method._permission_name  # type: ignore[attr-defined]  # set below, as FAB does
    return str(PERMISSION_PREFIX) + str(view.method_permission_name.get(method.__name__) or own)


def is_allowed(view: Any, permission: str) -> bool:
    """Whether the current user may do `permission` on `view`."""
    if permission not in view.base_permissions:
        return False
    return bool(view.appbuilder.sm.has_access(permission, view.class_permission_name))


def may(permission: str, view: str) -> bool:
    """Whether the current user has `can_<permission>` on a view, by the name its rights bear."""
    sm = current_app.appbuilder.sm  # type: ignore[attr-defined]  # FAB hangs itself on the app
    return bool(sm.has_access(f"can_{permission}", view))


def may_open(address: str) -> bool:
    """Whether the current user may open a page of this application, by the path that leads there.

    False for what isn't a view's guarded page: an address elsewhere, or one that asks nobody.
    """
    path = urlsplit(address).path.removeprefix(request.script_root)
    try:
        endpoint, _ = current_app.create_url_adapter(request).match(path, method="GET")  # type: ignore[union-attr]  # only without a request is it None
    except HTTPException:
        return False
    name, _, handler = str(endpoint).rpartition(".")
    views = current_app.appbuilder.baseviews  # type: ignore[attr-defined]  # FAB hangs itself on the app
    view = next((each for each in views if each.endpoint == name), None)
    method: Any = getattr(view, handler, None)
    return hasattr(method, "_permission_name") and is_allowed(view, permission_of(view, method))


def has_access(method: Method) -> Method:
    """For screens: log in first, else 403. An htmx call is sent to the login page by header."""
    if not hasattr(method, "_permission_name"):
        method._permission_name = method.__name__  # type: ignore[attr-defined]  # FAB reads it

    @functools.wraps(method)
    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        if is_allowed(self, permission_of(self, method)):
            return method(self, *args, **kwargs)
        if current_user.is_authenticated and current_user.is_active:
            abort(403)
        return to_login()

    return cast(Method, guarded)


def to_login() -> Any:
    """Send whoever asks to the login page, and back afterwards if this was a page."""
    back = request.full_path.rstrip("?") if request.method == "GET" else ""
    login = url_for(
        f"{current_app.appbuilder.sm.auth_view.endpoint}.login",  # type: ignore[attr-defined]
        next=back or None,  # None is left out
    )
    if request.headers.get("HX-Request") == "true":
        # a redirect would be followed inside the swap and nest the login form in the page
        return "", 401, {"HX-Redirect": login}
    if request.method == "GET":
        flash("Log in to go on.", "info")
    return redirect(login)


def protect(allow_browser_login: bool = False) -> Callable[[Method], Method]:
    """For REST: a bearer token, or the session's cookie where the API allows it.

    401 without either, 403 without the permission. A public permission needs neither.
    """

    def decorate(method: Method) -> Method:
        if not hasattr(method, "_permission_name"):
            method._permission_name = method.__name__  # type: ignore[attr-defined]  # FAB reads it

        @functools.wraps(method)
        def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
            permission = permission_of(self, method)
            known = use_bearer() or (
                (self.allow_browser_login or allow_browser_login) and current_user.is_authenticated
            )
            sm = self.appbuilder.sm
            if known:
                if is_allowed(self, permission):
                    return method(self, *args, **kwargs)
                abort(403)
            if permission in self.base_permissions and sm.is_item_public(
                permission, self.class_permission_name
            ):
                return method(self, *args, **kwargs)
            return abort(401)

        return cast(Method, guarded)

    return decorate
