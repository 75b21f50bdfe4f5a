"""What browsers are told as it happens, inside one process.

A subscriber is a bounded queue of small events; one that is full has lost some, and its page polls.
Across processes the same events go through Redis (a later part puts it behind this hub).
"""

from __future__ import annotations

import queue
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from core.tenancy.session import TenantSession


@dataclass(frozen=True)
class LiveEvent:
    """`name` is what a page listens for, `data` small and free of content: ids, never texts."""

    name: str
    data: dict[str, Any] = field(default_factory=dict)


CLOSE = "close"
"""The event that ends a stream; a page never sees it."""


class LiveHub:
    """Delivers events to the open streams of a tenant."""

    def __init__(self, *, max_streams: int = 200, backlog: int = 200) -> None:
        self._lock = threading.Lock()
        self._streams: dict[int, set[queue.Queue[LiveEvent]]] = defaultdict(set)
        self._free = max_streams
        self._backlog = backlog

    def publish(self, tenant_id: int, event: LiveEvent) -> None:
        """Hand `event` to every open stream of the tenant. Never waits."""
        with self._lock:
            streams = tuple(self._streams.get(tenant_id, ()))
        for stream in streams:
            try:
                stream.put_nowait(event)
            except queue.Full:
                continue  # the page notices by its own poll; waiting would hold up everybody

    @contextmanager
    def subscribe(self, tenant_id: int) -> Iterator[queue.Queue[LiveEvent] | None]:
        """A queue of the tenant's events while the block runs; None when all places are taken."""
        stream: queue.Queue[LiveEvent] = queue.Queue(self._backlog)
        with self._lock:
            if self._free <= 0:
                taken = False
            else:
                self._free -= 1
                self._streams[tenant_id].add(stream)
                taken = True
        if not taken:
            yield None
            return
        try:
            yield stream
        finally:
            with self._lock:
                self._free += 1
                self._streams[tenant_id].discard(stream)
                if not self._streams[tenant_id]:
                    del self._streams[tenant_id]

    def close(self, tenant_id: int) -> None:
        """End the tenant's streams: their pages come back, and see what they may see now."""
        self.publish(tenant_id, LiveEvent(CLOSE))

    def has_place(self) -> bool:
        """Whether another stream may open."""
        with self._lock:
            return self._free > 0

    @property
    def open_streams(self) -> int:
        with self._lock:
            return sum(len(streams) for streams in self._streams.values())


def tell(session: TenantSession, name: str, **data: Any) -> None:
    """Tell the tenant's open pages once this transaction has been committed."""
    tenant_id = session.tenant_id
    desk = session.desk
    session.on_commit(lambda: desk.live.publish(tenant_id, LiveEvent(name, data)))
