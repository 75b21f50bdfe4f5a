"""Working jobs off, beside workers or without any."""

from __future__ import annotations

from sqlalchemy import exists, select

from core.desk import Desk
from core.models import Job, JobState
from core.testing.waiting import wait_until


def work_off(desk: Desk, seconds: float = 20.0) -> bool:
    """Run what is due, and wait for what other threads took; whether all was done in `seconds`.

    `run_pending` alone returns while a worker of the same installation still holds a job.
    """

    def is_held() -> bool:
        with desk.database.system(write=False) as system:
            return bool(system.scalar(select(exists().where(Job.state == JobState.LEASED))))

    def is_idle() -> bool:
        return not is_held() and not desk.jobs.run_pending() and not is_held()

    return wait_until(is_idle, seconds)
