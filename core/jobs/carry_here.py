"""Embedded: relay and worker threads in one process, Dramatiq's StubBroker between them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime

from dramatiq import Worker

from core.db import Database
from core.jobs.broker import Perform, deliver_here, embedded_broker, message_for
from core.jobs.carrier import PATIENCE, PUT_OFF, WORKER_TIMEOUT
from core.jobs.claim import Crowds, Dispatch, Pair
from core.jobs.failure import describe
from core.jobs.flights import Flights
from core.jobs.lease import give_back, put_off
from core.jobs.queues import BULK, NOW, QUEUES
from core.jobs.registry import JobRegistry
from core.jobs.spec import JobSpec

logger = logging.getLogger(__name__)


class HereCarrier:
    """What the relay leases is run by this process, so it knows all that is in flight."""

    queues: tuple[str, ...] = QUEUES
    marks_begun = False

    def __init__(
        self,
        database: Database,
        registry: JobRegistry,
        perform: Perform,
        *,
        threads: int,
        clock: Callable[[], datetime],
    ) -> None:
        self.flights = Flights()
        self._database = database
        self._registry = registry
        self._perform = perform
        self._threads = threads
        self._clock = clock
        # enough in flight to keep the threads busy; bulk work leaves one of them to the urgent
        self._room = {NOW: threads * 4, BULK: max(1, threads - 1)}
        self._worker: Worker | None = None

    def start(self, wake: Callable[[], None]) -> None:
        broker = embedded_broker(self._registry, self._perform)
        self._worker = Worker(broker, worker_timeout=WORKER_TIMEOUT, worker_threads=self._threads)
        self._worker.start()

    def stop(self, timeout: float) -> None:
        if self._worker is None:
            return
        self._give_back()
        ends = time.monotonic() + timeout
        self._worker.stop(timeout=int(timeout * 1000))
        self.flights.wait_for_slow(max(0.0, ends - time.monotonic()))
        self._worker = None

    def room(self, queue: str) -> int:
        return self._room[queue] - self.flights.count(queue)

    def crowds(self) -> Crowds:
        return self.flights

    def leased(self, queue: str, dispatch: Dispatch) -> None:
        self.flights.add(queue, dispatch)

    def send(self, queue: str, dispatches: list[Dispatch]) -> None:
        if self._worker is not None:
            for dispatch in dispatches:
                self._worker.broker.enqueue(message_for(dispatch, queue))

    def deliver(self, queue: str, dispatches: list[Dispatch]) -> None:
        """Run them in this thread, one after another: for tests."""
        broker = embedded_broker(self._registry, self._perform)
        for dispatch in dispatches:
            deliver_here(broker, message_for(dispatch, queue))

    def begin(self, spec: JobSpec, tenant_id: int | None, pairs: list[Pair]) -> list[Pair]:
        flight = self.flights.take(pairs[0])
        if flight is None:  # given back while it waited
            return []
        if self.flights.enter(*flight):
            return pairs
        with self._database.system() as session:
            put_off(session, pairs, self._clock() + PUT_OFF)
        return []

    @property
    def patience(self) -> float | None:
        return None if self._worker is None else PATIENCE

    def let_go(self, key: Pair) -> None:
        self.flights.let_go(key)

    def end(self, key: Pair, *, has_lane: bool) -> bool:
        """A claim is worth its transaction when a lane or half the room is free.

        One claim for each message that ends would double the commits of SQLite.
        """
        queue = self.flights.end(key)
        return has_lane or self.flights.count(queue) * 2 <= self._room[queue]

    def to_renew(self) -> list[Pair]:
        return self.flights.to_renew()

    def _give_back(self) -> None:
        waiting = self.flights.take_waiting()
        if not waiting:
            return
        try:
            with self._database.system() as session:
                give_back(session, waiting)
        except Exception as error:  # stopping goes on; their leases end by themselves
            logger.error("Waiting jobs could not be given back: %s", describe(error))
