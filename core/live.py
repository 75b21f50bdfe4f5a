"""What browsers are told as it happens: ids, never content.

`tell` follows a commit, `whisper` is for what nobody keeps (somebody is typing). Both reach the
open streams of this process and, through `elsewhere`, those of the others. Nothing here is
durable: a page that may have missed something is told so, and looks for itself.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import select

from core.live_pump import Pump
from core.live_streams import Stream

if TYPE_CHECKING:
    from core.desk import Desk
    from core.tenancy.session import BaseSession, TenantSession

Id = int | str

_CHANNEL = re.compile(r'"channel": (\d+)')


@dataclass(frozen=True)
class LiveEvent:
    """`name` is what a page listens for, `data` small and free of content: ids, never texts."""

    name: str
    data: Mapping[str, Id] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """As server-sent events spell it."""
        return f"event: {self.name}\ndata: {json.dumps(dict(self.data))}\n\n"


MISSED = LiveEvent("missed").text
"""Events may have been lost: the page looks for itself."""
DEAF = LiveEvent("deaf").text
"""What other processes do isn't heard now: the page looks for itself, now and then."""


@dataclass(frozen=True)
class Ending:
    """Whose streams end: of a tenant, of a person, of a person in a tenant."""

    tenant_id: int | None = None
    user_id: int | None = None

    def __post_init__(self) -> None:
        if self.tenant_id is None and self.user_id is None:
            raise ValueError("An ending needs a tenant or a person.")

    def meets(self, stream: Stream) -> bool:
        """Whether `stream` ends."""
        return self.tenant_id in (None, stream.tenant_id) and self.user_id in (None, stream.user_id)


class Elsewhere(Protocol):
    """The other processes of this installation."""

    def publish(self, tenant_id: int, event: LiveEvent) -> None:
        """Hand them an event. Never waits, never raises."""

    def close(self, ending: Ending) -> None:
        """Hand them an ending. Never waits, never raises."""

    def listen(self) -> None:
        """Hear them from now on; calling it again is harmless."""


class LiveHub:
    """The open streams of this process, at most `max_streams`, and the line to the others."""

    def __init__(self, *, max_streams: int = 200, backlog: int = 200) -> None:
        self.elsewhere: Elsewhere | None = None
        self._lock = threading.Lock()
        self._streams: dict[int, set[Stream]] = {}
        self._open = 0
        self._most = max_streams
        self._backlog = backlog
        self._is_deaf = False
        self._pump = Pump()

    # telling

    def publish(self, tenant_id: int, event: LiveEvent) -> None:
        """Tell every open page of the tenant, whichever process serves it. Never waits."""
        self.deliver(tenant_id, event.text)
        if self.elsewhere is not None:
            self.elsewhere.publish(tenant_id, event)

    def close(self, tenant_id: int | None = None, *, user_id: int | None = None) -> None:
        """End streams: their pages come back, if they may, and see what they may see now."""
        ending = Ending(tenant_id, user_id)
        self.end(ending)
        if self.elsewhere is not None:
            self.elsewhere.close(ending)

    # in this process

    def deliver(self, tenant_id: int, text: str) -> None:
        """Hand `text` to the tenant's streams here."""
        with self._lock:
            streams = tuple(self._streams.get(tenant_id, ()))
        found = _CHANNEL.search(text)
        channel_id = int(found[1]) if found else None
        self._put((stream for stream in streams if stream.sees(channel_id)), text)

    def end(self, ending: Ending) -> None:
        """End streams here."""
        for stream in self._all():
            if ending.meets(stream):
                stream.end()

    def hears_others(self, hears: bool) -> None:
        """Say whether other processes are heard; every page learns of a change."""
        if hears == (not self._is_deaf):
            return
        self._is_deaf = not hears
        self._put(self._all(), MISSED if hears else DEAF)

    def missed(self) -> None:
        """Have every page here look for itself."""
        self._put(self._all(), MISSED)

    def stop(self) -> None:
        """End all streams and open no more: the process ends."""
        self._most = 0
        for stream in self._all():
            stream.end()

    def open(
        self,
        tenant_id: int,
        user_id: int | None,
        pages: Iterable[str] = (),
        sight: frozenset[int] | None = None,
    ) -> Stream | None:
        """A stream of the tenant's events, None when all places are taken. `release` it.

        `pages` are the page that asks and the one that it replaced in its tab: their streams end,
        as nothing else tells before the next ping that somebody has gone on.
        """
        stream = Stream(tenant_id, user_id, frozenset(pages), self._backlog, MISSED, sight)
        with self._lock:
            here = self._streams.get(tenant_id, set())
            for left in here:
                if left.user_id == user_id and left.pages & stream.pages:
                    left.end()
            if self._open >= self._most:
                return None
            self._open += 1
            self._streams.setdefault(tenant_id, set()).add(stream)
        if self._is_deaf:
            stream.put(DEAF)
        if self.elsewhere is not None:
            self.elsewhere.listen()
        return stream

    def release(self, stream: Stream) -> None:
        """Give the place back; again is harmless."""
        with self._lock:
            here = self._streams.get(stream.tenant_id)
            if here is None or stream not in here:
                return
            here.discard(stream)
            self._open -= 1
            if not here:
                del self._streams[stream.tenant_id]

    @property
    def open_streams(self) -> int:
        return self._open

    def _all(self) -> tuple[Stream, ...]:
        with self._lock:
            return tuple(stream for streams in self._streams.values() for stream in streams)

    def _put(self, streams: Iterable[Stream], text: str) -> None:
        self._pump.wake([stream for stream in streams if stream.put(text)])


def tell(session: TenantSession, name: str, **ids: Id) -> None:
    """Tell the tenant's open pages once this transaction has been committed.

    What is about a conversation names its channel, too, and reaches those who see that channel.
    """
    tenant_id = session.tenant_id
    if "conversation" in ids and "channel" not in ids:
        ids |= _channel_of(session, ids["conversation"])
    desk = session.desk
    session.on_commit(lambda: desk.live.publish(tenant_id, LiveEvent(name, ids)))


def _channel_of(session: TenantSession, conversation_id: Id) -> dict[str, Id]:
    from core.models import Conversation  # the models stand on the session, which tells nobody

    with session.no_autoflush:
        found = session.scalar(
            select(Conversation.channel_id).where(Conversation.id == conversation_id)
        )
    return {} if found is None else {"channel": found}


def whisper(desk: Desk, tenant_id: int, name: str, **ids: Id) -> None:
    """Tell the tenant's open pages now what is true for seconds and stored nowhere."""
    desk.live.publish(tenant_id, LiveEvent(name, ids))


def hang_up(
    session: BaseSession, tenant_id: int | None = None, *, user_id: int | None = None
) -> None:
    """End the streams of a tenant, or of a person (there), after the commit that shuts them out."""
    ending = Ending(tenant_id, user_id)

    def close() -> None:
        if (desk := session.database.desk) is not None:  # a bare database has no streams
            desk.live.close(ending.tenant_id, user_id=ending.user_id)

    session.on_commit(close)
