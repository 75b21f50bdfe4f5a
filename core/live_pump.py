"""Wakes streams a few at a time.

Each stream waits in a thread. Woken at once, some hundred of them stand before the interpreter's
lock, and a page that lost it waits until all have had their turn. Events for streams that wait to
be woken gather meanwhile, and leave in one write.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable

from core.live_streams import Stream

AT_ONCE = 8
PAUSE = 0.008  # s; 500 streams have heard within half a second, eight at once


class Pump:
    """One thread, started when there is first something to do."""

    def __init__(self) -> None:
        self._due: deque[Stream] = deque()
        self._is_due = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def wake(self, streams: Iterable[Stream]) -> None:
        """Ring each of them soon, in this order."""
        before = len(self._due)
        self._due.extend(streams)
        if len(self._due) == before:
            return
        self._is_due.set()
        if self._thread is None:
            self._start()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="live-pump", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._is_due.wait()
            self._is_due.clear()
            while self._due:
                for _ in range(min(AT_ONCE, len(self._due))):
                    self._due.popleft().ring()
                time.sleep(PAUSE)
