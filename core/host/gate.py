"""What a tenant doesn't see of plugins that are off: their addresses, and their OpenAPI.

Screens' permissions and the menu ask `Ownership` through the security manager.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, abort, json, request

from core.host.ownership import Ownership

_OPENAPI = "OpenApi.get"


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


def openapi_filter(ownership: Ownership) -> Callable[[Response], Response]:
    """An `after_request` function: takes closed resources out of FAB's OpenAPI documents."""

    def leave_out_closed(response: Response) -> Response:
        if request.endpoint == _OPENAPI and response.status_code == 200:
            document = prune_openapi(response.get_json(), ownership)
            response.set_data(json.dumps(document))
        return response

    return leave_out_closed


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
