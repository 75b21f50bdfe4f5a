"""What becomes of a webhook: which channel it is for, whether it is proven, and whether it is kept.

The one place that decides, for the lane before Flask and for Flask's own view alike.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from core import metrics
from core.adapter import MalformedBody, SignatureRefused, WebhookRequest
from core.desk import Desk
from core.errors import Malformed, Refused
from core.jobs.failure import describe
from core.services.inbox_store import RawBody, raw_body
from core.web.fast_lane.call import webhook_call
from core.web.fast_lane.group_writer import GroupWriter, NotCommitted
from core.web.fast_lane.inbox import opened_inbox
from core.web.fast_lane.known_channels import KnownChannel, KnownChannels

_TRIES = 3  # a channel that changes under us more often than that is being changed by a machine

log = logging.getLogger(__name__)


class WebhookDoor:
    """Takes deliveries and handshakes for every channel of an installation."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._channels = KnownChannels(desk)
        self._inbox: GroupWriter[RawBody, bool] = GroupWriter(lambda: opened_inbox(desk.database))
        self._public_url = desk.settings.public_url
        self._max_body = desk.settings.max_body_bytes

    def take(self, uuid: str, environ: Mapping[str, Any]) -> None:
        """Keep a delivery: it is durable when this returns. `uuid` in lower case.

        Refused with 400 unreadable, 401 unproven, 404 no such channel, 413 too large, 503 not now.
        """
        kind, status = "", 200
        try:
            with _our_faults_are_503():
                channel = self._channels.get(uuid)
                kind = channel.account.kind
                try:
                    call = self._read(environ)
                except Refused:
                    self._channels.look(uuid)  # an archived channel's is no body at all
                    raise
                self._take(uuid, channel, call)
        except Refused as refused:
            status = refused.status
            raise
        finally:
            metrics.count_webhook(kind, status)

    def _take(self, uuid: str, channel: KnownChannel, call: WebhookRequest) -> None:
        for _ in range(_TRIES):
            try:
                prove(channel, call)
            except Refused:
                fresh = self._channels.look(uuid)
                if fresh is channel:
                    raise
                channel = fresh
                continue
            if self._inbox.submit(raw_body(channel.id, channel.stamp, call.body)):
                return
            channel = self._channels.look(uuid)
        raise _later()

    def shake_hands(self, uuid: str, environ: Mapping[str, Any]) -> str:
        """The answer to a provider's check of the address. Refused: 403, 404, 503."""
        with _our_faults_are_503():
            channel = self._channels.look(uuid)
            try:
                answer = channel.adapter.handshake(channel.account, self._read(environ))
            except SignatureRefused as refused:
                raise Refused(refused.message, status=403) from refused
            if answer is None:
                raise Refused("This channel's address takes deliveries only.", status=403)
            return answer

    def _read(self, environ: Mapping[str, Any]) -> WebhookRequest:
        return webhook_call(environ, self._public_url, max_body=self._max_body)


def prove(channel: KnownChannel, call: WebhookRequest) -> None:
    """Ask the adapter whether the call is its provider's and can be read. Refused: 401, 400."""
    try:
        channel.adapter.verify(channel.account, call)
        channel.adapter.check(call.body)
    except SignatureRefused as refused:
        raise Refused(refused.message, status=401) from refused
    except MalformedBody as malformed:
        raise Malformed(str(malformed)) from malformed


@contextmanager
def _our_faults_are_503() -> Iterator[None]:
    """A delivery that we drop is lost: whatever fails here, the provider is to come again."""
    try:
        yield
    except Refused:
        raise
    except NotCommitted:
        raise _later() from None
    except Exception as error:  # an adapter's fault, a database that is away
        log.error("A webhook could not be taken: %s", describe(error))
        raise _later() from None


def _later() -> Refused:
    return Refused("This can't be taken just now: please repeat it.", status=503)
