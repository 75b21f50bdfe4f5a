"""Tabler icons drawn into the page: only those used, no icon font, no further request.

Rejected: the web font (900 KB for some thirty icons) and a sprite (a plugin's icon would have
to be known when it is built).
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup, escape

ICONS = Path(__file__).resolve().parent / "static" / "vendor" / "icons.json"

# FAB and its plugins name Font Awesome icons; those which Tabler calls otherwise.
FONT_AWESOME = {
    "bar-chart": "chart-bar",
    "bar-chart-o": "chart-bar",
    "cogs": "settings",
    "cog": "settings",
    "comments": "messages",
    "dashboard": "layout-dashboard",
    "envelope": "mail",
    "gear": "settings",
    "gears": "settings",
    "globe": "world",
    "group": "users",
    "home": "home",
    "list-alt": "list-details",
    "pencil": "pencil",
    "random": "arrows-shuffle",
    "shopping-cart": "shopping-cart",
    "sign-in": "login",
    "sign-out": "logout",
    "table": "table",
    "tags": "tags",
    "tasks": "checklist",
    "times": "x",
    "trash-o": "trash",
    "user-gear": "user-cog",
    "user-plus": "user-plus",
    "wrench": "tool",
}
FALLBACK = "point"


@lru_cache(maxsize=1)
def bodies() -> dict[str, str]:
    """Icon name -> inside of its svg; empty before `make assets`, when pages show no icons."""
    if not ICONS.is_file():
        return {}
    loaded: dict[str, str] = json.loads(ICONS.read_text())
    return loaded


def tabler_name(name: str | None) -> str:
    """The Tabler name of `user`, `ti-user` or Font Awesome's `fa-user`; a dot if unknown."""
    words = (name or "").split()
    plain = (words[-1] if words else "").removeprefix("ti-").removeprefix("fa-")
    plain = FONT_AWESOME.get(plain, plain)
    return plain if plain in bodies() else FALLBACK


@lru_cache(maxsize=1024)
def icon(name: str | None, css: str = "") -> Markup:
    """An inline svg, hidden from screen readers: the words beside it say the same."""
    return Markup(  # noqa: S704 - the body is our own build product, the class is escaped
        f'<svg class="icon {escape(css)}" width="24" height="24" viewBox="0 0 24 24" fill="none" '
        'stroke="currentColor" stroke-width="1.75" stroke-linecap="round" '
        f'stroke-linejoin="round" aria-hidden="true">{bodies().get(tabler_name(name), "")}</svg>'
    )
