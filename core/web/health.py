"""Is it alive, is it ready: for load balancers, process managers and the demo's own wait.

Open to everybody: they tell nothing but yes or no.
"""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from core.desk import Desk
from core.models import Plan

health = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> Response:
    """200 while the process serves."""
    return jsonify(status="ok")


@health.get("/readyz")
def ready() -> tuple[Response, int]:
    """200 while the database answers, else 503."""
    desk: Desk = current_app.extensions["sapa"]
    try:
        with desk.database.system(write=False) as session:
            session.execute(select(Plan.id).limit(1))
    except SQLAlchemyError:
        return jsonify(status="the database doesn't answer"), 503
    return jsonify(status="ok"), 200
