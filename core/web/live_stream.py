"""Server-sent events: what a page hears while it is open.

A stream holds a thread that waits, beside those that serve pages: see `at_once.py`. There are as
many as `LiveHub` has places; a page that finds none polls instead. A stream ends by itself after
some minutes and the browser comes back, which asks anew whether the person still works here.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator

from flask import Response, g, request
from flask_babel import lazy_gettext as _

from core.errors import Refused
from core.live import LiveHub
from core.live_streams import Stream
from core.web.fab import Page, expose, has_access
from core.web.request import desk, membership, need_tenant, web_session

STREAM_SECONDS = (200, 280)  # not all at the same time, after a start that brought all at once
RETRY_SECONDS = (1, 4)
PING_SECONDS = 15
_LONGEST_PAGE = 40


class LiveView(Page):
    """`/live/?page=&after=`: the stream of one tenant's events.

    `page` names the page that listens, `after` the one that was in its tab before: made up by the
    browser, compared with the same person's only.
    """

    route_base = "/live"
    class_permission_name = "Inbox"

    @expose("/")
    @has_access
    def index(self) -> Response:
        """200 with `text/event-stream`, or 503 when every place is taken: then poll."""
        hub = desk().live
        pages = {request.args.get(name, "")[:_LONGEST_PAGE] for name in ("page", "after")} - {""}
        here, member = need_tenant(), membership()
        member_id = member.id if member is not None else None
        sight = web_session().sight
        web_session().rollback()  # gives its connection back: a stream lasts for minutes
        running = desk()
        running.signs.of(running, here.id, member_id)
        stream = hub.open(here.id, g.user.id, pages, sight)
        if stream is None:
            raise Refused(
                str(_("Too many pages are open: this one refreshes by itself.")), status=503
            )
        return Response(
            _Body(hub, stream, lambda: running.signs.of(running, here.id, member_id)),
            mimetype="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )


class _Body:
    """The response's body. An object: a generator that was never begun would keep its place."""

    def __init__(self, hub: LiveHub, stream: Stream, is_here: Callable[[], None]) -> None:
        self._hub = hub
        self._is_here = is_here
        self._stream = stream
        self._is_begun = False
        self._ends = time.monotonic() + random.uniform(*STREAM_SECONDS)  # noqa: S311 - no secret

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if not self._is_begun:
            self._is_begun = True
            return b"retry: %d\n\n" % random.uniform(*(s * 1000 for s in RETRY_SECONDS))  # noqa: S311 - no secret
        left = self._ends - time.monotonic()
        texts = self._stream.take(min(PING_SECONDS, left)) if left > 0 else ""
        if left <= 0 or self._stream.is_ended:
            raise StopIteration
        self._is_here()
        return texts.encode() or b": ping\n\n"

    def close(self) -> None:
        self._hub.release(self._stream)

    __del__ = close  # what never reached the server closes nothing
