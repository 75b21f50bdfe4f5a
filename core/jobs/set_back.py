"""A clock that was set back: what was due stays due, and no lease outlives its worker by hours.

Times in the job table are the wall clock's, because they must outlive the machine. Set two hours
back, everything that waits would be two hours early: the old jobs stand still, the new ones of the
same conversation overtake them, and what a dead worker held is held for two hours more.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import or_, update

from core.models.job import Job, JobState
from core.tenancy.session import SystemSession

logger = logging.getLogger(__name__)

TOLERANCE = timedelta(seconds=5)  # a clock that is kept is slewed, not set
LONGEST_LEASE = timedelta(minutes=10)  # none is longer: a call's time-out and a margin


class SetBack:
    """Tells by how much the wall clock fell behind the time that has passed."""

    def __init__(
        self, clock: Callable[[], datetime], passed: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._passed = passed
        self._began = clock() - timedelta(seconds=passed())

    def look(self) -> timedelta | None:
        """How far the clock was set back since the last look; None: it wasn't."""
        began = self._clock() - timedelta(seconds=self._passed())
        fell, self._began = self._began - began, began
        return fell if fell > TOLERANCE else None


def mend(session: SystemSession, moment: datetime, by: timedelta) -> None:
    """Make due what was due before the clock was set back `by` so much, and shorten leases.

    What was written long before waits for a time of day, and that has not come yet. Every process
    that notices may do this: the second finds nothing.
    """
    logger.warning("The clock was set back by %.0f s.", by.total_seconds())
    session.execute(
        update(Job)
        .where(
            Job.state == JobState.READY,
            Job.due_at > moment,
            Job.due_at <= moment + by,
            or_(Job.created_at > moment, Job.attempts > 0),
        )
        .values(due_at=moment)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Job)
        .where(Job.state == JobState.LEASED, Job.lease_until > moment + LONGEST_LEASE)
        .values(lease_until=moment + LONGEST_LEASE)
        .execution_options(synchronize_session=False)
    )
