"""The door for providers: prove, store, answer; everything else happens in a job.

`GET` is a provider's handshake, `POST` a delivery, which the fast lane takes before it comes here.
Exempt from CSRF because a provider has no cookie; the adapter's signature check stands in its
place, and fails closed.
"""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, current_app, request

from core.web.fast_lane import WebhookDoor

webhooks = Blueprint("webhooks", __name__, url_prefix="/webhooks")


@webhooks.route("/<uuid:channel_uuid>", methods=["GET", "POST"])
def receive_webhook(channel_uuid: UUID) -> Response:
    """One provider call for one channel.

    200; 400 unreadable, 401 unproven, 403 a handshake with the wrong token, 404, 413 too large, 503
    not now: the provider comes again.
    """
    door: WebhookDoor = current_app.extensions["sapa_webhooks"]
    if request.method == "POST":
        door.take(str(channel_uuid), request.environ)
        return Response(status=200)
    return Response(door.shake_hands(str(channel_uuid), request.environ), mimetype="text/plain")
