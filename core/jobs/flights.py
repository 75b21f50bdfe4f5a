"""What this process has leased: which messages wait for a thread, and which a thread has begun."""

from __future__ import annotations

import threading
from collections import Counter

from core.jobs.claim import Dispatch, Pair


def most_of_a_crowd(threads: int) -> int:
    """How many of a process's threads may wait for one stranger: a quarter is left to others."""
    return max(1, threads * 3 // 4)


class Flights:
    """Dispatches between their lease and their end. Safe to use from every thread.

    It knows how much of each crowd is in flight: at most `most` of one.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._crowds: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._waiting: dict[Pair, tuple[str, Dispatch]] = {}
        self._begun: dict[Pair, tuple[str, Dispatch]] = {}

    def add(self, queue: str, dispatch: Dispatch) -> None:
        """A message is about to be sent."""
        with self._lock:
            self._waiting[dispatch.key] = (queue, dispatch)
            if dispatch.crowd is not None:
                self._crowds[dispatch.crowd] += 1

    def enter(self, queue: str, dispatch: Dispatch) -> bool:
        """A thread takes a message that another process leased. False: its crowd is full here."""
        with self._lock:
            if dispatch.crowd is not None:
                if self._crowds[dispatch.crowd] >= self._most:
                    return False
                self._crowds[dispatch.crowd] += 1
            self._begun[dispatch.key] = (queue, dispatch)
            return True

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
            queue, dispatch = self._begun.pop(key)
            self._leave(dispatch)
            return queue

    def room(self, crowd: str) -> int:
        """How many more jobs of a crowd may be in flight."""
        with self._lock:
            return self._most - self._crowds[crowd] if crowd in self._crowds else self._most

    def full(self) -> list[str]:
        """The crowds that have no room."""
        with self._lock:
            return [crowd for crowd, count in self._crowds.items() if count >= self._most]

    def _leave(self, dispatch: Dispatch) -> None:
        if dispatch.crowd is not None:
            self._crowds[dispatch.crowd] -= 1
            if not self._crowds[dispatch.crowd]:
                del self._crowds[dispatch.crowd]

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
            for _, dispatch in waiting.values():
                self._leave(dispatch)
        return [pair for _, dispatch in waiting.values() for pair in dispatch.pairs]
