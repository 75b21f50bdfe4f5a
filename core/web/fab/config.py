"""Safe settings for FAB and what it stands on. Upstream's defaults are the comments."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask

FIXED = {
    "FAB_UPDATE_PERMS": False,  # on: 8,500 queries at each boot; see sync.py
    "FAB_CREATE_DB": False,  # on: create_all beside the migrations
    "FAB_ADD_SECURITY_API": False,  # users and roles over REST
    "FAB_API_KEY_ENABLED": False,  # scopes are stored, never enforced
    "FAB_API_SHOW_STACKTRACE": False,
    "FAB_ALLOW_GET_UNSAFE_MUTATIONS": False,
    "FAB_ADD_SECURITY_PERMISSION_VIEW": False,
    "FAB_ADD_SECURITY_VIEW_MENU_VIEW": False,
    "FAB_ADD_SECURITY_PERMISSION_VIEWS_VIEW": False,
    "AUTH_RATE_LIMITED": False,  # ours is wired in security.py, for form and REST
    "RATELIMIT_ENABLED": True,  # off
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",  # none
    "FAB_MENU": "core.web.fab.menu.PrunedMenu",
    "JWT_TOKEN_LOCATION": ["headers"],
}
DEFAULTS = {
    "AUTH_RATE_LIMIT": "20 per minute",
    "RATELIMIT_STORAGE_URI": "memory://",
    "FAB_API_MAX_PAGE_SIZE": 100,
    "SAPA_LIST_MAX_PAGE_SIZE": 100,
    "SAPA_EXPORT_MAX_ROWS": 10_000,
    "MAX_CONTENT_LENGTH": 16 * 1024 * 1024,
    "WTF_CSRF_TIME_LIMIT": None,  # an hour: a form left open over lunch would be lost
}


def harden_config(app: Flask, base_url: str) -> None:
    """Set FIXED, default DEFAULTS, and let redirects lead only to `base_url`'s host.

    Call before AppBuilder. Raises ValueError for a base URL without a host. Upstream trusts
    the request's own Host header where FAB_SAFE_REDIRECT_HOSTS is empty.
    """
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.netloc or "*" in parts.netloc:
        raise ValueError(f"SAPA_BASE_URL must be http(s)://host, not {base_url!r}.")
    app.config.update(FIXED)
    for name, value in DEFAULTS.items():
        app.config.setdefault(name, value)
    app.config["FAB_SAFE_REDIRECT_HOSTS"] = [parts.netloc]
    app.config["SESSION_COOKIE_SECURE"] = parts.scheme == "https"
