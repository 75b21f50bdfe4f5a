"""The scopes that an API token may have: reading or writing each noun that has a REST resource."""

from __future__ import annotations

from flask import current_app
from flask_appbuilder.api import BaseApi

# what a program has no business with, whatever its scopes
_NEVER = frozenset(
    {"ApiToken", "Plugins", "Membership", "SecurityApi", "LimitedSecurityApi", "OpenApi", "MenuApi"}
)


def scope_noun(view: str) -> str:
    """The noun that a view's permissions are about, as scopes name it."""
    return view.lower()


def known_scopes() -> frozenset[str]:
    """`<noun>:read` and `<noun>:write` for each registered REST resource."""
    views = current_app.appbuilder.baseviews  # type: ignore[attr-defined]  # FAB sets it
    nouns = {
        scope_noun(view.class_permission_name)
        for view in views
        if isinstance(view, BaseApi) and view.class_permission_name not in _NEVER
    }
    return frozenset(f"{noun}:{right}" for noun in nouns for right in ("read", "write"))


def is_never_a_tokens(view: str) -> bool:
    """Whether no token reaches a view: a program that makes tokens could outlive its revocation."""
    return view in _NEVER
