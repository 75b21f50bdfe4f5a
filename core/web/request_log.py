"""One line and one measurement for each request, and the id that ties its records together."""

from __future__ import annotations

import logging
import time

from flask import Flask, Response, g, request

from core import logs, metrics

log = logging.getLogger("core.web.requests")

HEADER = "X-Request-Id"
_LONGEST_PATH = 200
# asked by machines every few seconds, or for each page a dozen times
_UNTOLD = frozenset({"static", "appbuilder.static", "health.alive", "health.ready", "metrics.show"})


def init_request_log(app: Flask) -> None:
    """Wire it. First of all hooks: what comes before a request's id would be logged without it."""
    app.before_request(_open)
    app.after_request(_told)
    app.teardown_request(_close)


def _open() -> None:
    g._sapa_began = time.perf_counter()
    g._sapa_request_id = logs.request_id(request.headers.get(HEADER))
    logs.begin(request=g._sapa_request_id)


def _told(answer: Response) -> Response:
    """The path without its query, which may hold searches and tokens; never the body."""
    began = g.get("_sapa_began")
    if began is None:
        return answer
    seconds = time.perf_counter() - began
    answer.headers[HEADER] = g._sapa_request_id
    endpoint = request.endpoint or "none"
    metrics.count_request(endpoint, answer.status_code, seconds)
    level = logging.DEBUG if endpoint in _UNTOLD and answer.status_code < 400 else logging.INFO
    if log.isEnabledFor(level):
        fields = {
            "method": request.method,
            "path": request.path[:_LONGEST_PATH],
            "status": answer.status_code,
            "ms": round(seconds * 1000, 1),
            "endpoint": endpoint,
        }
        log.log(level, "request", extra={"fields": fields})
    return answer


def _close(error: BaseException | None) -> None:
    logs.begin()
