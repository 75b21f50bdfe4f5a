"""What this process has in flight: messages that wait for a thread, and those that are begun.

A call that takes long goes on without the thread that began it (see `Runner`). Its crowd, whoever
waits for the same stranger, counts as slow until one of its calls is answered in time: meanwhile it
gets one thread, and no more than `MOST_SLOW` of its calls go on by themselves.
"""

from __future__ import annotations

import threading
from collections import Counter

from core.jobs.claim import Dispatch, Pair

MOST_SLOW = 8
_ANY = 2**31

_Flight = tuple[str, Dispatch]


class Flights:
    """Dispatches between their lease and their end, with their queues. For every thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: dict[Pair, _Flight] = {}
        self._begun: dict[Pair, _Flight] = {}
        self._let_go: dict[Pair, _Flight] = {}
        self._slow: set[str] = set()

    def add(self, queue: str, dispatch: Dispatch) -> None:
        """A message is about to be sent."""
        with self._changed:
            self._waiting[dispatch.key] = (queue, dispatch)

    def take(self, key: Pair) -> _Flight | None:
        """A thread takes a message that waited. None: it was given back meanwhile."""
        with self._changed:
            return self._waiting.pop(key, None)

    def enter(self, queue: str, dispatch: Dispatch) -> bool:
        """A thread begins a message. False: its crowd is full."""
        with self._changed:
            if self._room(dispatch.crowd) == 0:
                return False
            self._begun[dispatch.key] = (queue, dispatch)
            return True

    def let_go(self, key: Pair) -> None:
        """A begun message goes on without a thread of ours."""
        with self._changed:
            flight = self._let_go[key] = self._begun.pop(key)
            if flight[1].crowd is not None:
                self._slow.add(flight[1].crowd)

    def end(self, key: Pair) -> str:
        """A message that was begun is done; its queue."""
        with self._changed:
            flight = self._let_go.pop(key, None)
            if flight is None:
                flight = self._begun.pop(key)
                self._slow.discard(flight[1].crowd or "")
            self._changed.notify_all()
            return flight[0]

    def count(self, queue: str) -> int:
        """How many messages of a queue wait for a thread or have one."""
        with self._changed:
            return sum(
                name == queue
                for flights in (self._waiting, self._begun)
                for name, _ in flights.values()
            )

    def room(self, crowd: str) -> int:
        """How many jobs of a crowd may be leased."""
        with self._changed:
            return self._room(crowd)

    def full(self) -> list[str]:
        """The crowds that have no room."""
        with self._changed:
            return [crowd for crowd in self._slow if self._room(crowd) == 0]

    def _room(self, crowd: str | None) -> int:
        if crowd not in self._slow:
            return _ANY
        begun, let_go = (
            Counter(dispatch.crowd for _, dispatch in flights.values())[crowd]
            for flights in (self._begun, self._let_go)
        )
        return 1 if begun == 0 and let_go < MOST_SLOW else 0

    def wait_for_slow(self, seconds: float) -> bool:
        """Until what goes on without a thread has ended; whether it did so in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._let_go, seconds)

    def to_renew(self) -> list[Pair]:
        """The jobs whose leases the relay keeps alive.

        Not provider calls that have begun: those took a lease past their time-out, and one that
        hangs longer must lose it.
        """
        with self._changed:
            dispatches = [dispatch for _, dispatch in self._waiting.values()]
            dispatches += [d for _, d in self._begun.values() if d.spec.call is None]
        return [pair for dispatch in dispatches for pair in dispatch.pairs]

    def take_waiting(self) -> list[Pair]:
        """Forget what no thread has begun, and return those jobs: they are to be given back."""
        with self._changed:
            waiting, self._waiting = self._waiting, {}
        return [pair for _, dispatch in waiting.values() for pair in dispatch.pairs]
