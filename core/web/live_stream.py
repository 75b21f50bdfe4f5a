"""Server-sent events: what a page hears while it is open.

A stream holds one web thread, so there are only as many as `LiveHub` has places; a page that finds
none free polls instead. A stream ends by itself after some minutes and the browser comes back,
which asks anew whether the person still works here.
"""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Iterator

from flask import Response
from flask_babel import lazy_gettext as _

from core.errors import Refused
from core.live import CLOSE, LiveEvent, LiveHub
from core.web.fab import Page, expose, has_access
from core.web.request import desk, need_tenant

STREAM_SECONDS = 240
PING_SECONDS = 15


class LiveView(Page):
    """`/live/`: the stream of one tenant's events."""

    route_base = "/live"
    class_permission_name = "Inbox"

    @expose("/")
    @has_access
    def index(self) -> Response:
        """200 with `text/event-stream`, or 503 when every place is taken: then poll."""
        tenant_id = need_tenant().id
        hub = desk().live
        if not hub.has_place():
            raise Refused(
                str(_("Too many pages are open: this one refreshes by itself.")), status=503
            )
        return Response(
            _stream(hub, tenant_id),
            mimetype="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )


def _stream(hub: LiveHub, tenant_id: int) -> Iterator[str]:
    with hub.subscribe(tenant_id) as events:
        if events is None:
            return
        yield "retry: 2000\n\n"
        ends = time.monotonic() + STREAM_SECONDS
        while (left := ends - time.monotonic()) > 0:
            try:
                event = events.get(timeout=min(PING_SECONDS, left))
            except queue.Empty:
                yield ": ping\n\n"
                continue
            if event.name == CLOSE:
                return
            yield _as_text(event)


def _as_text(event: LiveEvent) -> str:
    return f"event: {event.name}\ndata: {json.dumps(event.data)}\n\n"
