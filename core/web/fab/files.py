"""Routes that take a file: the only ones that a browser may send more than a form's worth to.

A body is read, to a temporary file, before any view runs: CSRF looks for its token in it. So the
larger limit holds for who is signed in, and only where a route asks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request, session

from core.errors import Refused
from core.words import say

Route = TypeVar("Route", bound=Callable[..., Any])

MEGABYTE = 1024 * 1024


def takes_file(method: Route) -> Route:
    """Mark a route whose body may have `SAPA_MAX_FILE_BYTES`; above `@has_access`."""
    method._sapa_takes_file = True  # type: ignore[attr-defined]  # read below
    return method


def init_files(app: Flask, largest: int) -> None:
    """Wire it; before CSRF, which reads the body."""

    @app.before_request
    def allow_file() -> None:
        route = current_app.view_functions.get(request.endpoint or "")
        if not getattr(route, "_sapa_takes_file", False) or "_user_id" not in session:
            return
        request.max_content_length = largest
        if (request.content_length or 0) > largest:
            limit = largest // MEGABYTE
            raise Refused(
                say("A file may have up to %(megabytes)s MB: split it.", megabytes=limit),
                "file",
                status=413,
            )
