"""The door for providers: prove, store, answer; everything else happens in a job.

`GET` is a provider's handshake, `POST` a delivery. Exempt from CSRF because a provider has no
cookie; the adapter's signature check stands in its place, and fails closed.
"""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, current_app, request
from sqlalchemy import select

from core.adapter import MalformedBody, SignatureRefused, WebhookRequest
from core.desk import Desk
from core.errors import Malformed, NotFound, Refused
from core.models import Channel
from core.services import channels, inbox

webhooks = Blueprint("webhooks", __name__, url_prefix="/webhooks")


@webhooks.route("/<uuid:channel_uuid>", methods=["GET", "POST"])
def receive_webhook(channel_uuid: UUID) -> Response:
    """One provider call for one channel: 200, or 400 (unreadable), 401 (unproven), 404, 413."""
    desk: Desk = current_app.extensions["sapa"]
    with desk.database.system(write=False) as session:
        channel = session.scalar(select(Channel).where(Channel.uuid == channel_uuid))
        if channel is None or channel.archived_at is not None:
            raise NotFound("No channel has this address.")
        adapter = channels.adapter_of(session, channel)
        account = channels.account_of(session, channel)
        tenant_id = channel.tenant_id
    if not desk.is_on(tenant_id, desk.host.owner_of_kind(channel.kind)):
        raise NotFound("No channel has this address.")
    call = _as_call()
    if request.method == "GET":
        answer = adapter.handshake(account, call)
        if answer is None:
            raise Refused("The verify token is not the one set on this channel.", status=403)
        return Response(answer, mimetype="text/plain")
    try:
        adapter.verify(account, call)
        adapter.check(call.body)
    except SignatureRefused as refused:
        raise Refused(refused.message, status=401) from refused
    except MalformedBody as malformed:
        raise Malformed(str(malformed)) from malformed
    with desk.database.system() as session:
        inbox.store(session, channel, call.body)
    return Response(status=200)


def _as_call() -> WebhookRequest:
    desk: Desk = current_app.extensions["sapa"]
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    return WebhookRequest(
        method=request.method,
        url=f"{desk.settings.public_url}{request.path}{query}",
        headers={name.lower(): value for name, value in request.headers.items()},
        query=request.args.to_dict(),
        body=request.get_data(cache=False),
    )
