"""A process says that it lives: a row that it freshens, for `/readyz`, `sapa doctor` and screens.

In the database and not in Redis: Redis carries bells, and the question is asked just when it may be
away. The same thread samples what is a state and no event (open streams, connections).
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import delete, select, update

from core import metrics
from core.jobs.failure import describe
from core.models import Process
from core.models.base import now
from core.tenancy.session import SystemSession

if TYPE_CHECKING:
    from core.desk import Desk

log = logging.getLogger(__name__)

EVERY = 10.0  # seconds between two beats
ALIVE = timedelta(seconds=45)  # three beats may be lost to a busy database
KEPT = timedelta(days=1)  # how long one that died is remembered


class Pulse:
    """One for each process. `serves`: it answers requests; `works`: it runs jobs."""

    def __init__(self, desk: Desk, *, serves: bool, works: bool) -> None:
        self._desk = desk
        self._id = uuid4().hex
        self._serves = serves
        self._works = works
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="pulse", daemon=True)

    def start(self) -> None:
        """Say so at once: a worker that has just come is alive."""
        self._beat()
        self._thread.start()

    def stop(self) -> None:
        """Take the row away: whoever stopped on purpose isn't missed."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(5)
        try:
            with self._desk.database.system() as session:
                session.execute(delete(Process).where(Process.id == self._id))
        except Exception as error:  # stopping goes on; the row grows old by itself
            log.error("This process could not sign off: %s", describe(error))

    def _loop(self) -> None:
        while not self._stopping.wait(EVERY):
            self._beat()

    def _beat(self) -> None:
        metrics.sample(self._desk)
        try:
            with self._desk.database.system() as session:
                self._write(session)
        except Exception as error:  # the database is away: the next beat tells
            log.error("The pulse could not be written: %s", describe(error))

    def _write(self, session: SystemSession) -> None:
        moment = now()
        kept = session.execute(
            update(Process)
            .where(Process.id == self._id)
            .values(seen_at=moment)
            .returning(Process.id)
            .execution_options(synchronize_session=False)
        ).first()
        if kept is not None:
            return
        session.execute(delete(Process).where(Process.seen_at < moment - KEPT))
        session.add(
            Process(
                id=self._id,
                host=socket.gethostname()[:120],
                pid=os.getpid(),
                serves=self._serves,
                works=self._works,
                started_at=moment,
                seen_at=moment,
            )
        )


def living(session: SystemSession) -> list[Process]:
    """The processes that said so lately, oldest first."""
    return list(
        session.scalars(
            select(Process).where(Process.seen_at > now() - ALIVE).order_by(Process.started_at)
        )
    )
