"""Is it alive, is it ready: for load balancers, process managers and the demo's own wait.

Open to everybody: they tell which part answers, and nothing more.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response, current_app, jsonify

from core.web.readiness import SERVING, WHOLE, Readiness

health = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> Response:
    """200 while the process serves."""
    return jsonify(status="ok")


@health.get("/readyz")
def ready() -> tuple[Response, int]:
    """200 while every part works, the workers too; else 503 with what doesn't. For a watchman."""
    return _answer(WHOLE)


@health.get("/readyz/web")
def ready_to_serve() -> tuple[Response, int]:
    """200 while pages and webhooks can be served, else 503. For a load balancer.

    Without workers and Redis deliveries are still stored: to take every web process out of service
    for their sake would turn a delay into an outage.
    """
    return _answer(SERVING)


def _answer(parts: Sequence[str]) -> tuple[Response, int]:
    readiness: Readiness = current_app.extensions["sapa_readiness"]
    found = readiness.problems(parts)
    if not found:
        return jsonify(status="ok", parts=dict.fromkeys(parts, "ok")), 200
    shown = {part: found.get(part, "ok") for part in parts}
    if "database" in found:
        shown = found  # the others weren't asked
    return jsonify(status="; ".join(found.values()), parts=shown), 503
