"""Who runs, and whether somebody does the background work."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from core.config import Settings
from core.doctor.finding import Finding, Patient
from core.models import Job, JobState
from core.models.base import now
from core.pulse import living

TOO_LATE = timedelta(minutes=5)


def look(patient: Patient) -> Iterator[Finding]:
    """Nothing is wrong where nothing runs and nothing waits: it wasn't started yet."""
    settings = patient.settings
    with patient.rows() as session:
        if session is None:
            return
        alive = living(session)
        oldest = session.scalar(
            select(func.min(Job.due_at)).where(Job.state == JobState.READY, Job.due_at < now())
        )
    serving = [process for process in alive if process.serves]
    is_worked = any(process.works for process in alive)
    late = now() - oldest if oldest is not None else timedelta()
    if not is_worked and (serving or late > TOO_LATE):
        yield _nobody_works(settings, late)
    elif late > TOO_LATE:
        yield Finding(
            "workers",
            f"Work has been due for {_minutes(late)}: the workers don't keep up.",
            "Start more of them (`sapa worker`), or raise SAPA_WORKER_THREADS.",
        )
    if len(serving) > 1 and not settings.redis_url:
        yield Finding(
            "redis",
            f"{len(serving)} processes serve without Redis: a page that is open in one doesn't "
            "hear what happens in another.",
            "Set SAPA_REDIS_URL for all of them, or let one process serve.",
        )
    if settings.is_sqlite and not serving and _is_held(settings.home / "serve.lock"):
        yield Finding(
            "lock",
            f"A `sapa run` holds {settings.home} and doesn't say that it lives: it hangs, or was "
            "stopped (Ctrl-Z).",
            "End it; what it left unfinished is done after the next start.",
        )


def _nobody_works(settings: Settings, late: timedelta) -> Finding:
    waiting = f" Work has been due for {_minutes(late)}." if late > TOO_LATE else ""
    command = "sapa run" if settings.is_embedded else "sapa worker"
    return Finding(
        "workers",
        f"No worker is alive: nothing that came in is read, nothing is sent.{waiting}",
        f"Start `{command}`, and let the system start it again whenever it ends.",
    )


def _minutes(late: timedelta) -> str:
    return f"{late.total_seconds() / 60:.0f} minutes"


def _is_held(path: Path) -> bool:
    """Whether a process has the lock; looked at without taking it from a starting one."""
    try:
        with Path.open(path) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
