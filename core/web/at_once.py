"""How many requests are worked on at once, apart from how many wait in streams.

The server has a thread for each stream besides those for pages. Left alone, a rush of pages would
take the streams' threads too, and with them more database connections than there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from queue import SimpleQueue
from typing import Any

Environ = dict[str, Any]
WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class AtOnce:
    """WSGI before everything else: at most `most` requests are inside, others wait their turn.

    A request is inside until its answer begins: a stream leaves with its first line.
    """

    def __init__(self, inner: WsgiApp, most: int) -> None:
        self.inner = inner
        # a queue of places, written in C and fair; threading's semaphore is neither
        self._places: SimpleQueue[None] = SimpleQueue()
        for _ in range(most):
            self._places.put(None)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        self._places.get()
        try:
            return self.inner(environ, start_response)
        finally:
            self._places.put(None)
