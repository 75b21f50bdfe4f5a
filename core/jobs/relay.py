"""The thread that moves due rows to the actors, and minds leases, parked jobs and the clock."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from core.db import Database
from core.jobs.claim import (
    Dispatch,
    claim,
    is_expired,
    is_waiting,
    next_due,
    renew,
    sweep,
)
from core.jobs.failure import describe
from core.jobs.flights import Flights
from core.jobs.parking import unpark_open
from core.jobs.registry import JobRegistry
from core.jobs.runner import IsOpen
from core.jobs.schedule import tick
from core.jobs.spec import BULK, NOW, QUEUES

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
_MIND_EVERY = 0.9  # seconds between two looks at leases and the clock
_RENEW_EVERY = LEASE.total_seconds() / 3
_UNPARK_EVERY = 60.0


class Relay:
    """One per process. `send` puts a dispatch on the broker; `bell` wakes the thread."""

    def __init__(
        self,
        database: Database,
        registry: JobRegistry,
        flights: Flights,
        *,
        send: Callable[[str, Dispatch], None],
        is_open: IsOpen,
        clock: Callable[[], datetime],
        threads: int,
        poll: float,
    ) -> None:
        self._database = database
        self._registry = registry
        self._flights = flights
        self._send = send
        self._is_open = is_open
        self._clock = clock
        self._poll = poll
        # enough in flight to keep the threads busy; bulk work leaves one of them to the urgent
        self._room = {NOW: threads * 4, BULK: max(1, threads - 1)}
        self._last: dict[str, float] = {}
        self._bell = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._loop, name="job-relay", daemon=True)
        self._thread.start()

    def stop(self, timeout: float) -> None:
        self._stopping = True
        self.wake()
        if self._thread is not None:
            self._thread.join(timeout)

    def wake(self) -> None:
        """Look at the table now: something was written, or there is room again."""
        self._bell.set()

    def freed(self, queue: str, *, has_lane: bool) -> None:
        """A message ended. Claims are worth their transaction when a lane or half the room is free.

        One claim for each message that ends would double the commits of SQLite.
        """
        if has_lane or self._flights.count(queue) * 2 <= self._room[queue]:
            self.wake()

    def _loop(self) -> None:
        pause = 0.0
        while True:
            self._bell.wait(pause)
            self._bell.clear()
            if self._stopping:
                return
            try:
                pause = self.look()
            except Exception as error:  # the database is away or busy: it will come back
                logger.error("The job relay could not look: %s", describe(error))
                pause = self._poll

    def look(self) -> float:
        """Do all that is due once; returns the seconds until the next look."""
        moment = self._clock()
        if self._is_time("renew", _RENEW_EVERY):
            self._renew(moment)
        if self._is_time("mind", _MIND_EVERY):
            self.mind(moment)
        if self._is_time("unpark", _UNPARK_EVERY):
            unpark_open(self._database, self._registry, self._is_open, moment)
        for queue in QUEUES:
            for dispatch in self.claim(queue, moment):
                self._send(queue, dispatch)
        return self._pause(self._clock())

    def mind(self, moment: datetime) -> None:
        """Take back expired leases and write the jobs of the clock."""
        with self._database.system(write=False) as session:
            expired = is_expired(session, moment)
        if expired:
            with self._database.system() as session:
                sweep(session, self._registry, moment)
        tick(self._database, self._registry.periodic(), moment, self._is_open)

    def claim(self, queue: str, moment: datetime) -> list[Dispatch]:
        """Lease what is due and fits in flight, and note it as in flight."""
        slots = self._room[queue] - self._flights.count(queue)
        if slots <= 0:
            return []
        with self._database.system(write=False) as session:
            if not is_waiting(session, queue, moment):
                return []
        with self._database.system() as session:
            chosen = claim(session, self._registry, queue, moment, slots=slots, lease=LEASE)
        for dispatch in chosen:
            self._flights.add(queue, dispatch)
        return chosen

    def _renew(self, moment: datetime) -> None:
        held = self._flights.to_renew()
        if held:
            with self._database.system() as session:
                renew(session, held, moment + LEASE)

    def _pause(self, moment: datetime) -> float:
        with self._database.system(write=False) as session:
            due = next_due(session, moment)
        if due is None:
            return self._poll
        return min(self._poll, max(0.0, (due - moment).total_seconds()))

    def _is_time(self, what: str, every: float) -> bool:
        now = time.monotonic()
        if now - self._last.get(what, -every) < every:
            return False
        self._last[what] = now
        return True
