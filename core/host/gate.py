"""What a tenant doesn't see of plugins that are off: 404, no menu entry, nothing in OpenAPI."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, request

from core.host.ownership import Ownership

MenuData = list[dict[str, Any] | str]


def blueprint_gate(ownership: Ownership) -> Callable[[], None]:
    """A `before_request` function: 404 for the screens of a plugin that is off.

    It stands after the tenant is pinned and before authentication: a refusal to sign in, or a 403,
    would tell that the plugin exists.
    """

    def refuse_closed() -> None:
        for blueprint in request.blueprints:
            if not ownership.is_blueprint_open(blueprint):
                abort(404)

    return refuse_closed


def prune_menu(menu: MenuData, is_open: Callable[[str], bool]) -> MenuData:
    """FAB's `menu.get_data()` without closed entries, without categories that hold nothing more.

    `is_open` is `ownership.is_menu_open`. Separators ("-") stay only between two entries.
    """
    kept: MenuData = []
    for item in menu:
        if isinstance(item, str):
            if kept and not isinstance(kept[-1], str):
                kept.append(item)
        elif "childs" in item:
            children = prune_menu(item["childs"], is_open)
            if children:
                kept.append({**item, "childs": children})
        elif is_open(item["name"]):
            kept.append(item)
    if kept and isinstance(kept[-1], str):
        kept.pop()
    return kept


def prune_openapi(spec: dict[str, Any], ownership: Ownership) -> dict[str, Any]:
    """An OpenAPI document without the paths and schemas of closed resources.

    FAB names a resource's schemas after its class: `RuleApi.get_list`.
    """
    paths, views = ownership.closed_paths(), ownership.closed_views()
    if not paths and not views:
        return spec
    components = spec.get("components", {})
    schemas = components.get("schemas", {})
    return {
        **spec,
        "paths": {
            path: what
            for path, what in spec.get("paths", {}).items()
            if not any(path == closed or path.startswith(f"{closed}/") for closed in paths)
        },
        "components": {
            **components,
            "schemas": {n: s for n, s in schemas.items() if n.partition(".")[0] not in views},
        },
    }
