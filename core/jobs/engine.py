"""The job engine of one process: relay, broker and worker threads under one switch."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from dramatiq import Broker, Worker

from core.db import Database
from core.jobs import parking
from core.jobs.broker import build_broker, deliver_here, message_for
from core.jobs.claim import Dispatch, Pair, give_back, sweep
from core.jobs.failure import describe
from core.jobs.flights import Flights
from core.jobs.registry import JobRegistry
from core.jobs.relay import Relay
from core.jobs.runner import IsOpen, Runner
from core.jobs.schedule import prepare
from core.jobs.spec import QUEUES, JobSpec
from core.models.base import now
from core.tenancy.context import current_tenant
from core.tenancy.session import TenantSession

logger = logging.getLogger(__name__)

_WORKER_TIMEOUT = 100  # ms that an idle thread sleeps before it looks whether to stop


def always_open(tenant_id: int, plugin: str) -> bool:
    """Every plugin is on for every tenant."""
    return True


class JobEngine:
    """Runs jobs in this process once started; `run_pending` runs them here and now, for tests.

    `is_open(tenant_id, plugin)` says whether a plugin is on; it is asked outside any transaction.
    `poll`: seconds at most between two looks at the table. Commits of this process and jobs falling
    due wake the relay by themselves; the poll is for what other processes write.
    """

    def __init__(
        self,
        database: Database,
        registry: JobRegistry,
        *,
        is_open: IsOpen = always_open,
        threads: int = 4,
        broker: str = "embedded",
        poll: float = 1.0,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._database = database
        self._registry = registry
        self._is_open = is_open
        self._threads = threads
        self._kind = broker
        self._poll = poll
        self._clock = clock
        self._until: datetime | None = None
        self._flights = Flights()
        self._runner = Runner(database, is_open=is_open, clock=self._moment)
        self._broker: Broker | None = None
        self._worker: Worker | None = None
        self._relay = self._new_relay()
        database.queue_of = registry.queue_of

    def start(self) -> None:
        """Start the relay and the workers. Every job must be registered by now."""
        if self._worker is not None:
            return
        prepare(self._database, self._registry.periodic(), self._moment())
        if self._database.is_sqlite:
            # one process serves a SQLite file: whatever is leased, a dead predecessor leased it
            with self._database.system() as session:
                while sweep(session, self._registry, self._moment(), everything=True):
                    pass
        self._broker = build_broker(self._kind, self._registry, self._perform)
        self._worker = Worker(
            self._broker, worker_timeout=_WORKER_TIMEOUT, worker_threads=self._threads
        )
        self._worker.start()
        self._relay = self._new_relay()
        self._relay.start()
        self._database.on_enqueue.append(self.wake)

    def stop(self, timeout: float = 30.0) -> None:
        """Finish what has begun, within `timeout` seconds, and give back what hasn't."""
        if self._worker is None:
            return
        self._database.on_enqueue.remove(self.wake)
        self._relay.stop(timeout)
        self._give_back()
        self._worker.stop(timeout=int(timeout * 1000))
        self._worker = self._broker = None

    def wake(self) -> None:
        """Look for due jobs now."""
        self._relay.wake()

    def run_pending(self, until: datetime | None = None) -> int:
        """Run everything that is due now, or at `until` where that is later, in this thread.

        Jobs that these jobs write are run too. Returns how many attempts were made. The way is that
        of a worker thread, message, middleware and fence included.
        """
        self._until = until
        broker = build_broker(self._kind, self._registry, self._perform)
        attempts = 0
        try:
            self._relay.mind(self._moment())
            while True:
                found = [(q, d) for q in QUEUES for d in self._relay.claim(q, self._moment())]
                if not found:
                    return attempts
                for queue, dispatch in found:
                    attempts += len(dispatch.pairs)
                    deliver_here(broker, message_for(dispatch, queue))
        finally:
            self._until = None

    def unpark(self, session: TenantSession, plugin: str) -> int:
        """Call in the transaction that switches `plugin` on; see `parking.unpark`."""
        return parking.unpark(session, plugin, self._registry, moment=self._moment())

    def _moment(self) -> datetime:
        present = self._clock()
        return present if self._until is None else max(present, self._until)

    def _new_relay(self) -> Relay:
        return Relay(
            self._database,
            self._registry,
            self._flights,
            send=self._send,
            is_open=self._is_open,
            clock=self._moment,
            threads=self._threads,
            poll=self._poll,
        )

    def _send(self, queue: str, dispatch: Dispatch) -> None:
        if self._broker is not None:
            self._broker.enqueue(message_for(dispatch, queue))

    def _perform(self, spec: JobSpec, pairs: list[Pair]) -> None:
        """What every actor does. It never raises: Dramatiq has no say in what happens next."""
        flight = self._flights.begin(pairs[0])
        if flight is None:
            return  # given back while it waited
        queue, dispatch = flight
        try:
            self._runner.run(spec, current_tenant(), pairs)
        except Exception as error:  # the database is away: the lease ends, and the job comes back
            logger.error("Job %s could not be run: %s", spec.name, describe(error))
        finally:
            self._flights.end(pairs[0])
            self._relay.freed(queue, has_lane=dispatch.has_lane)

    def _give_back(self) -> None:
        waiting = self._flights.take_waiting()
        if not waiting:
            return
        try:
            with self._database.system() as session:
                give_back(session, waiting)
        except Exception as error:  # stopping goes on; their leases end by themselves
            logger.error("Waiting jobs could not be given back: %s", describe(error))
