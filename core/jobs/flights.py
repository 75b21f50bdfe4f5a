"""What this process has leased: which messages wait for a thread, and which a thread has begun."""

from __future__ import annotations

import threading

from core.jobs.claim import Dispatch, Pair


class Flights:
    """Dispatches between their lease and their end. Safe to use from every thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[Pair, tuple[str, Dispatch]] = {}
        self._begun: dict[Pair, tuple[str, Dispatch]] = {}

    def add(self, queue: str, dispatch: Dispatch) -> None:
        """A message is about to be sent."""
        with self._lock:
            self._waiting[dispatch.key] = (queue, dispatch)

    def begin(self, key: Pair) -> bool:
        """A thread takes a message. False: it was given back meanwhile."""
        with self._lock:
            entry = self._waiting.pop(key, None)
            if entry is None:
                return False
            self._begun[key] = entry
            return True

    def end(self, key: Pair) -> str:
        """A thread is done with a message that it began; the message's queue."""
        with self._lock:
            return self._begun.pop(key)[0]

    def count(self, queue: str) -> int:
        """How many messages of a queue are in flight."""
        with self._lock:
            return sum(
                name == queue
                for flights in (self._waiting, self._begun)
                for name, _ in flights.values()
            )

    def to_renew(self) -> list[Pair]:
        """The jobs whose leases the relay keeps alive.

        Not provider calls that have begun: those took a lease past their time-out, and one that
        hangs longer must lose it.
        """
        with self._lock:
            dispatches = [dispatch for _, dispatch in self._waiting.values()]
            dispatches += [d for _, d in self._begun.values() if d.spec.call is None]
        return [pair for dispatch in dispatches for pair in dispatch.pairs]

    def take_waiting(self) -> list[Pair]:
        """Forget what no thread has begun, and return those jobs: they are to be given back."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        return [pair for _, dispatch in waiting.values() for pair in dispatch.pairs]
