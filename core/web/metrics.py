"""`/metrics`, for Prometheus: what the processes counted, and what stands in the database now.

The numbers tell how busy a business is, so they aren't for everybody: with SAPA_METRICS_TOKEN its
bearer, without one this machine alone, and nobody where a proxy stands before us: behind it the
whole world comes from this machine.
"""

from __future__ import annotations

import hmac
from ipaddress import ip_address

from flask import Blueprint, Response, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from core import metrics as counted
from core.desk import Desk
from core.errors import Refused
from core.shared_metrics import Counted, registry
from core.web.fab.bearer import bearer_token
from core.web.metrics_stored import Stored

metrics = Blueprint("metrics", __name__)

_BY_PROXIES = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via")


@metrics.get("/metrics")
def show() -> Response:
    """200 with the text format; 401 a wrong token, 403 not from here."""
    desk: Desk = current_app.extensions["sapa"]
    _check(desk)
    counted.sample(desk)
    collected = registry(Counted(desk.settings.home), Stored(desk))
    return Response(generate_latest(collected), content_type=CONTENT_TYPE_LATEST)


def _check(desk: Desk) -> None:
    token = desk.settings.metrics_token
    if token:
        if not hmac.compare_digest(bearer_token().encode(), token.encode()):
            raise Refused("Send SAPA_METRICS_TOKEN as a bearer token.", status=401)
        return
    is_proxied = any(name in request.headers for name in _BY_PROXIES)
    if is_proxied or not desk.settings.own_hosts or not _is_loopback(request.remote_addr):
        raise Refused(
            "Metrics are for this machine alone. Set SAPA_METRICS_TOKEN and send it as a bearer "
            "token to read them from elsewhere.",
            status=403,
        )


def _is_loopback(address: str | None) -> bool:
    try:
        return ip_address(address or "").is_loopback
    except ValueError:
        return False
