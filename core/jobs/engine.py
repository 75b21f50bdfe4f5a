"""The job engine of one process: relay, carrier and worker threads under one switch."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from core.db import Database
from core.jobs import parking
from core.jobs.carrier import Carrier
from core.jobs.carry_here import HereCarrier
from core.jobs.claim import Pair
from core.jobs.failure import describe
from core.jobs.lease import sweep
from core.jobs.queues import QUEUES
from core.jobs.registry import JobRegistry
from core.jobs.relay import Relay
from core.jobs.runner import IsOpen, Runner
from core.jobs.schedule import prepare
from core.jobs.spec import JobSpec
from core.models.base import now
from core.tenancy.context import current_tenant
from core.tenancy.session import TenantSession

if TYPE_CHECKING:
    from redis import Redis

logger = logging.getLogger(__name__)


def always_open(tenant_id: int, plugin: str) -> bool:
    """Every plugin is on for every tenant."""
    return True


class JobEngine:
    """Runs jobs in this process once started; `run_pending` runs them here and now, for tests.

    With `redis`, jobs are run by the processes that were started, and commits of any process wake
    them; without, by this one alone. `namespace` keeps installations apart that share a Redis.
    `is_open(tenant_id, plugin)` says whether a plugin is on; it is asked outside any transaction.
    `poll`: seconds at most between two looks at the table. Commits and jobs falling due wake the
    relay by themselves; the poll is for bells that weren't heard.
    """

    def __init__(
        self,
        database: Database,
        registry: JobRegistry,
        *,
        is_open: IsOpen = always_open,
        threads: int = 4,
        redis: Redis | None = None,
        namespace: str = "sapa",
        poll: float = 1.0,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._database = database
        self._registry = registry
        self._is_open = is_open
        self._threads = threads
        self._redis = redis
        self._namespace = namespace
        self._poll = poll
        self._clock = clock
        self._until: datetime | None = None
        self._runner = Runner(database, is_open=is_open, clock=self._moment)
        self._here = HereCarrier(
            database, registry, self._perform_here, threads=threads, clock=self._moment
        )
        self._relay = self._new_relay(self._here)
        self._carrier: Carrier | None = None
        database.queue_of = registry.queue_of
        if redis is not None:
            from core.jobs.bell import Bell  # embedded mode starts without Redis's client

            self._bell = Bell(redis, namespace)
            database.on_enqueue.append(self._bell.ring)

    def start(self, *, queues: tuple[str, ...] = QUEUES, threads: int | None = None) -> None:
        """Start the relay and the workers. Every job must be registered by now.

        `queues` and `threads` are for processes of their own; embedded, one does everything.
        """
        if self._carrier is not None:
            return
        prepare(self._database, self._registry.periodic(), self._moment())
        if self._redis is None:
            self._start_here()
        else:
            self._start_over_redis(self._redis, queues, threads or self._threads)

    def _start_here(self) -> None:
        if self._database.is_sqlite:
            # one process serves a SQLite file: whatever is leased, a dead predecessor leased it
            with self._database.system() as session:
                while sweep(session, self._registry, self._moment(), everything=True):
                    pass
        self._start(self._here)
        self._database.on_enqueue.append(self.wake)

    def _start_over_redis(self, redis: Redis, queues: tuple[str, ...], threads: int) -> None:
        from core.jobs.carry_redis import RedisCarrier

        self._start(
            RedisCarrier(
                self._database,
                self._registry,
                self._perform_any,
                redis=redis,
                bell=self._bell,
                namespace=self._namespace,
                threads=threads,
                queues=queues,
                clock=self._moment,
            )
        )

    def _start(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._relay = self._new_relay(carrier)
        carrier.start(self.wake)
        self._relay.start()

    def stop(self, timeout: float = 30.0) -> None:
        """Finish what has begun, within `timeout` seconds, and give back what hasn't."""
        if self._carrier is None:
            return
        if self.wake in self._database.on_enqueue:
            self._database.on_enqueue.remove(self.wake)
        self._relay.stop(timeout)
        self._carrier.stop(timeout)
        self._carrier = None

    def workers(self) -> int:
        """How many processes work on jobs now; embedded, this one or none. Raises RedisError."""
        if self._redis is None:
            return 0 if self._carrier is None else 1
        return self._bell.listeners()

    def wake(self) -> None:
        """Look for due jobs now."""
        self._relay.wake()

    def run_pending(self, until: datetime | None = None) -> int:
        """Run everything that is due now, or at `until` where that is later, in this thread.

        Jobs that these jobs write are run too. Returns how many attempts were made. The way is that
        of a worker thread, message, middleware and fence included; never over Redis.
        """
        self._until = until
        relay = self._new_relay(self._here)
        attempts = 0
        try:
            relay.mind(self._moment())
            while True:
                found = [(q, relay.claim(q, self._moment())) for q in QUEUES]
                if not any(chosen for _, chosen in found):
                    return attempts
                for queue, chosen in found:
                    attempts += sum(len(dispatch.pairs) for dispatch in chosen)
                    self._here.deliver(queue, chosen)
        finally:
            self._until = None

    def unpark(self, session: TenantSession, plugin: str) -> int:
        """Call in the transaction that switches `plugin` on; see `parking.unpark`."""
        return parking.unpark(session, plugin, self._registry, moment=self._moment())

    def _moment(self) -> datetime:
        present = self._clock()
        return present if self._until is None else max(present, self._until)

    def _new_relay(self, carrier: Carrier) -> Relay:
        return Relay(
            self._database,
            self._registry,
            carrier,
            is_open=self._is_open,
            clock=self._moment,
            poll=self._poll,
        )

    def _perform_here(self, spec: JobSpec, pairs: list[Pair], has_lane: bool) -> None:
        self._perform(self._here, spec, pairs, has_lane)

    def _perform_any(self, spec: JobSpec, pairs: list[Pair], has_lane: bool) -> None:
        if self._carrier is not None:
            self._perform(self._carrier, spec, pairs, has_lane)

    def _perform(self, carrier: Carrier, spec: JobSpec, pairs: list[Pair], has_lane: bool) -> None:
        """What every actor does. It never raises: Dramatiq has no say in what happens next."""
        begun: list[Pair] = []
        going_on: Future[None] | None = None
        try:
            begun = carrier.begin(spec, current_tenant(), pairs)
            if begun:
                going_on = self._runner.run(spec, current_tenant(), begun, carrier.patience)
        except Exception as error:  # the database is away: the lease ends, and the job comes back
            _could_not_run(spec, error)
        finally:
            if going_on is not None:
                carrier.let_go(begun[0])
                going_on.add_done_callback(partial(self._end_slow, carrier, spec, begun[0]))
                self._relay.wake()
            elif begun and carrier.end(begun[0], has_lane=has_lane):
                self._relay.wake()

    def _end_slow(self, carrier: Carrier, spec: JobSpec, key: Pair, going_on: Future[None]) -> None:
        """A call that went on without its thread has ended."""
        if (error := going_on.exception()) is not None:
            _could_not_run(spec, error)
        carrier.end(key, has_lane=True)
        self._relay.wake()


def _could_not_run(spec: JobSpec, error: BaseException) -> None:
    logger.error("Job %s could not be run: %s", spec.name, describe(error))
