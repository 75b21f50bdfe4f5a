"""The thread that leases due rows and sends them on, and minds leases, parked jobs, the clock."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime

from core.db import Database
from core.jobs.carrier import Carrier
from core.jobs.claim import Dispatch, Taken, claim, is_waiting
from core.jobs.due import next_due
from core.jobs.failure import describe
from core.jobs.lease import LEASE, give_back, is_expired, renew, sweep
from core.jobs.parking import unpark_open
from core.jobs.registry import JobRegistry
from core.jobs.runner import IsOpen
from core.jobs.schedule import tick
from core.jobs.set_back import SetBack, mend

logger = logging.getLogger(__name__)

_MIND_EVERY = 0.9  # seconds between two looks at leases and the clock
_RENEW_EVERY = LEASE.total_seconds() / 3
_UNPARK_EVERY = 60.0
_MY_TURN = 0.01  # seconds until another relay's claim is over


class Relay:
    """One per process that works. Many at once are fine: their claims take turns.

    `wake` has it look at the table; so do jobs that fall due, and the poll.
    """

    def __init__(
        self,
        database: Database,
        registry: JobRegistry,
        carrier: Carrier,
        *,
        is_open: IsOpen,
        clock: Callable[[], datetime],
        poll: float,
    ) -> None:
        self._database = database
        self._registry = registry
        self._carrier = carrier
        self._is_open = is_open
        self._clock = clock
        self._poll = poll
        self._set_back = SetBack(clock)
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

    def _loop(self) -> None:
        pause, trouble = 0.0, ""
        while True:
            self._bell.wait(pause)
            self._bell.clear()
            if self._stopping:
                return
            try:
                pause = self.look()
                trouble = ""
            except Exception as error:  # the database or Redis is away or busy: it will come back
                if trouble != type(error).__name__:
                    logger.error("The job relay could not look: %s", describe(error))
                trouble = type(error).__name__
                pause = self._poll

    def look(self) -> float:
        """Do all that is due once; returns the seconds until the next look."""
        moment = self._clock()
        self.heed_clock(moment)
        if self._is_time("renew", _RENEW_EVERY):
            self._renew(moment)
        if self._is_time("mind", _MIND_EVERY):
            self.mind(moment)
        if self._is_time("unpark", _UNPARK_EVERY):
            unpark_open(self._database, self._registry, self._is_open, moment)
        try:
            for queue in self._carrier.queues:
                self._send(queue, self.claim(queue, moment))
        except Taken:
            return _MY_TURN
        return self._pause(self._clock())

    def heed_clock(self, moment: datetime) -> None:
        """Where the clock was set back, keep due what was due."""
        if (by := self._set_back.look()) is not None:
            with self._database.system() as session:
                mend(session, moment, by)

    def mind(self, moment: datetime) -> None:
        """Take back expired leases and write the jobs of the clock."""
        with self._database.system(write=False) as session:
            expired = is_expired(session, moment)
        if expired:
            with self._database.system() as session:
                sweep(session, self._registry, moment, marked=self._carrier.marks_begun)
        tick(self._database, self._registry.periodic(), moment, self._is_open)

    def claim(self, queue: str, moment: datetime) -> list[Dispatch]:
        """Lease what is due and has room on its way. Taken while another relay claims."""
        slots = self._carrier.room(queue)
        if slots <= 0:
            return []
        if self._database.is_sqlite:
            with self._database.system(write=False) as session:
                if not is_waiting(session, queue, moment, self._carrier.crowds().full()):
                    return []
        with self._database.system() as session:
            chosen = claim(
                session,
                self._registry,
                queue,
                moment,
                slots=slots,
                lease=LEASE,
                crowds=self._carrier.crowds(),
            )
        for dispatch in chosen:
            self._carrier.leased(queue, dispatch)
        return chosen

    def _send(self, queue: str, chosen: list[Dispatch]) -> None:
        if not chosen:
            return
        try:
            self._carrier.send(queue, chosen)
        except Exception:
            # some may have gone; their workers find the attempt over, and the next one counts
            with self._database.system() as session:
                give_back(session, [pair for dispatch in chosen for pair in dispatch.pairs])
            raise

    def _renew(self, moment: datetime) -> None:
        held = self._carrier.to_renew()
        if held:
            with self._database.system() as session:
                renew(session, held, moment + LEASE)

    def _pause(self, moment: datetime) -> float:
        with self._database.system(write=False) as session:
            due = [next_due(session, queue, moment) for queue in self._carrier.queues]
        waits = [(each - moment).total_seconds() for each in due if each is not None]
        return min(self._poll, max(0.0, min(waits, default=self._poll)))

    def _is_time(self, what: str, every: float) -> bool:
        now = time.monotonic()
        if now - self._last.get(what, -every) < every:
            return False
        self._last[what] = now
        return True
