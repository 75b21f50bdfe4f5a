"""The door for providers: prove, store, answer; everything else happens in a job.

`GET` is a provider's handshake, `POST` a delivery. Exempt from CSRF because a provider has no
cookie; the adapter's signature check stands in its place, and fails closed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from flask import Blueprint, Response, current_app, g, request
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from core import metrics
from core.adapter import Account, Adapter, MalformedBody, SignatureRefused, WebhookRequest
from core.desk import Desk
from core.errors import Malformed, NotFound, Refused
from core.jobs.failure import describe
from core.models import Channel
from core.services import channels, inbox_store

log = logging.getLogger(__name__)

webhooks = Blueprint("webhooks", __name__, url_prefix="/webhooks")


@webhooks.route("/<uuid:channel_uuid>", methods=["GET", "POST"])
def receive_webhook(channel_uuid: UUID) -> Response:
    """One provider call for one channel.

    200; 400 unreadable, 401 unproven, 403 a handshake with the wrong token, 404, 413 too large, 503
    not now: the provider comes again.
    """
    desk: Desk = current_app.extensions["sapa"]
    with desk.database.system(write=False) as session:
        channel = session.scalar(select(Channel).where(Channel.uuid == channel_uuid))
        plugin = desk.host.owner_of_kind(channel.kind) if channel is not None else None
        if channel is None or channel.archived_at is not None or plugin is None:
            raise NotFound("No channel has this address.")
        g.channel_kind = channel.kind
        adapter = channels.adapter_of(session, channel)
        account = channels.account_of(session, channel)
    if not desk.is_on(channel.tenant_id, plugin):
        raise NotFound("No channel has this address.")
    call = _as_call()
    if request.method == "GET":
        return _shake_hands(adapter, account, call)
    with _answered():
        adapter.verify(account, call)
        adapter.check(call.body)
    try:
        with desk.database.system() as session:
            inbox_store.store(session, channel, call.body)
    except (OperationalError, TimeoutError) as error:  # the text of the first holds the body
        log.error("A webhook could not be stored: %s", type(error).__name__)
        raise _later() from None
    return Response(status=200)


@webhooks.after_request
def _counted(answer: Response) -> Response:
    if request.method == "POST":
        metrics.count_webhook(g.get("channel_kind", ""), answer.status_code)
    return answer


def _shake_hands(adapter: Adapter, account: Account, call: WebhookRequest) -> Response:
    with _answered(unproven=403):
        answer = adapter.handshake(account, call)
        if answer is None:
            raise SignatureRefused("This channel's address takes deliveries only.")
    return Response(answer, mimetype="text/plain")


@contextmanager
def _answered(*, unproven: int = 401) -> Iterator[None]:
    """Turn what an adapter says of a call into an answer. Its own faults are no 500: come again."""
    try:
        yield
    except SignatureRefused as refused:
        raise Refused(refused.message, status=unproven) from refused
    except MalformedBody as malformed:
        raise Malformed(str(malformed)) from malformed
    except Exception as error:
        log.error("An adapter failed on a webhook: %s", describe(error))
        raise _later() from None


def _later() -> Refused:
    return Refused("This can't be taken just now: please repeat it.", status=503)


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
