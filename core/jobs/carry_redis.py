"""Production: any relay leases, any worker process runs, and Redis is between them.

Redis holds ids, nothing else: flushed, restarted or away it loses no work. A message that never
arrives leaves a lease that ends; one that comes late or twice finds its attempt begun or over.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from dramatiq import Worker
from redis import Redis

from core.db import Database
from core.jobs.bell import DUE, SENT, Bell
from core.jobs.broker import Perform, declare
from core.jobs.carrier import PATIENCE, PUT_OFF, WORKER_TIMEOUT
from core.jobs.claim import Crowds, Dispatch, Pair
from core.jobs.flights import Flights
from core.jobs.lease import begin, put_off
from core.jobs.middleware import TenantMiddleware
from core.jobs.queues import BULK, NOW
from core.jobs.redis_broker import JobBroker
from core.jobs.registry import JobRegistry
from core.jobs.spec import JobSpec

_AHEAD = 4  # messages that wait in Redis for each thread: less, and threads wait for claims


class RedisCarrier:
    """One worker process's way to the others."""

    marks_begun = True

    def __init__(
        self,
        database: Database,
        registry: JobRegistry,
        perform: Perform,
        *,
        redis: Redis,
        bell: Bell,
        namespace: str,
        threads: int,
        queues: tuple[str, ...],
        clock: Callable[[], datetime],
    ) -> None:
        self.queues = queues
        self._database = database
        self._registry = registry
        self._perform = perform
        self._redis = redis
        self._bell = bell
        self._namespace = namespace
        self._threads = threads
        self._clock = clock
        self._flights = Flights()
        self._ended = 0
        self._broker = self._build()
        self._worker: Worker | None = None

    def _build(self) -> JobBroker:
        # as many as can begin; bulk work leaves a thread to the urgent where both are worked on
        bulk = self._threads if NOW not in self.queues else max(1, self._threads - 1)
        broker = JobBroker(
            self._redis,
            self._namespace,
            [TenantMiddleware(self._registry)],
            prefetch={NOW: self._threads, BULK: bulk},
        )
        declare(broker, self._registry, self._perform)
        return broker

    def start(self, wake: Callable[[], None]) -> None:
        self._broker = self._build()  # a worker adds itself to its broker, and never leaves it
        self._broker.hungry = wake
        self._worker = Worker(
            self._broker,
            queues=set(self.queues),
            worker_timeout=WORKER_TIMEOUT,
            worker_threads=self._threads,
        )
        self._worker.start()
        self._bell.listen({DUE: wake, SENT: self._broker.look})

    def stop(self, timeout: float) -> None:
        """What was fetched and not begun goes back to Redis, for another process."""
        if self._worker is None:
            return
        ends = time.monotonic() + timeout
        self._worker.stop(timeout=int(timeout * 1000))
        self._flights.wait_for_slow(max(0.0, ends - time.monotonic()))
        self._bell.stop()
        self._worker = None

    def room(self, queue: str) -> int:
        """Nothing while more than half is waiting: a claim is worth its transaction then."""
        most = self._threads * _AHEAD * max(1, self._bell.listeners())
        waiting = self._broker.waiting(queue)
        return most - waiting if waiting * 2 <= most else 0

    def crowds(self) -> Crowds:
        return self._flights

    def leased(self, queue: str, dispatch: Dispatch) -> None:
        """Whoever fetches it has it in hand."""

    def send(self, queue: str, dispatches: list[Dispatch]) -> None:
        self._broker.send(queue, dispatches)
        self._broker.look()
        self._bell.tell(SENT)

    def begin(self, spec: JobSpec, tenant_id: int | None, pairs: list[Pair]) -> list[Pair]:
        with self._database.system() as session:
            begun, crowd = begin(session, pairs, self._clock())
        if not begun:
            return []
        if self._flights.enter(spec.queue, Dispatch(spec, tenant_id, begun, crowd=crowd)):
            return begun
        with self._database.system() as session:
            put_off(session, begun, self._clock() + PUT_OFF)
        return []

    @property
    def patience(self) -> float | None:
        return PATIENCE

    def let_go(self, key: Pair) -> None:
        self._flights.let_go(key)

    def end(self, key: Pair, *, has_lane: bool) -> bool:
        self._flights.end(key)
        self._ended += 1
        return has_lane or self._ended % self._threads == 0

    def to_renew(self) -> list[Pair]:
        return self._flights.to_renew()
