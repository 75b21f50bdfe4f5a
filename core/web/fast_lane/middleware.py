"""The lane itself: a delivery is answered here, everything else is Flask's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from flask import Flask

from core.desk import Desk
from core.errors import Refused
from core.web.csp import HEADERS
from core.web.fast_lane.door import WebhookDoor

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WsgiApp = Callable[[Environ, StartResponse], Iterable[bytes]]

_DELIVERY = re.compile(
    r"/webhooks/([0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})"
).fullmatch
_TAKEN = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", "0")]


class FastLane:
    """WSGI before Flask. Flask costs more than all that a delivery needs."""

    def __init__(self, inner: WsgiApp, door: WebhookDoor) -> None:
        self.inner = inner
        self._door = door

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "POST":
            return self.inner(environ, start_response)
        delivery = _DELIVERY(environ["PATH_INFO"])
        if delivery is None:
            return self.inner(environ, start_response)
        try:
            self._door.take(delivery[1].lower(), environ)
        except Refused as refused:
            return _refuse(refused, start_response)
        start_response("200 OK", _TAKEN.copy())
        return [b""]


def _refuse(refused: Refused, start_response: StartResponse) -> list[bytes]:
    """As `core.web.fab.handlers` answers under /webhooks/."""
    answer = {"errors": refused.errors, "message": refused.message}
    body = json.dumps(answer, separators=(",", ":")).encode() + b"\n"
    start_response(
        f"{refused.status} {HTTPStatus(refused.status).phrase}",
        [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            *HEADERS.items(),
        ],
    )
    return [body]


def init_fast_lane(app: Flask, desk: Desk) -> None:
    """Put the lane before `app`, and its door where the view finds it."""
    door = app.extensions["sapa_webhooks"] = WebhookDoor(desk)
    app.wsgi_app = FastLane(app.wsgi_app, door)  # type: ignore[method-assign]  # Flask's own way
