"""What happens to a job whose attempt failed: later again, or dead with the reason beside it."""

from __future__ import annotations

import random
import re
import traceback
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from core import metrics
from core.jobs import fence
from core.jobs.fence import Held
from core.jobs.spec import JobSpec
from core.models.job import JobState
from core.tenancy.session import BaseSession

LONGEST = timedelta(hours=1)
_MOST_SHOWN = 400

_SECRETS = (
    (re.compile(r"(https?://)[^/\s@]+@"), r"\1…@"),
    (re.compile(r"(https?://[^\s?'\"]+)\?[^\s'\"]*"), r"\1?…"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+"), r"\1 …"),
    (
        re.compile(
            r"(?i)([\w-]*(?:token|secret|password|passwd|authorization|api[_-]?key)['\"]?\s*[:=]\s*)"
            r"(?:'[^']*'|\"[^\"]*\"|[^\s,;&)}\]]+)"
        ),
        r"\1…",
    ),
    (re.compile(r"[A-Za-z0-9_\-+/=.]{32,}"), "…"),
)


def back_off(failures: int) -> timedelta:
    """How long to wait after so many failures: doubling from 2 s to an hour, half of it chance."""
    seconds = min(2.0**failures, LONGEST.total_seconds())
    return timedelta(seconds=seconds * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, no secret


def describe(error: BaseException) -> str:
    """One line about an error for a person and for the log: no secret, no SQL, no parameters."""
    if isinstance(error, SQLAlchemyError):
        return _describe_database(error) + _place(error)
    words = " ".join(str(error).split())
    for pattern, instead in _SECRETS:
        words = pattern.sub(instead, words)
    name = type(error).__name__
    return (f"{name}: {words}" if words else name)[:_MOST_SHOWN] + _place(error)


def _describe_database(error: SQLAlchemyError) -> str:
    """SQLAlchemy's text holds the statement and its values, the driver's the values: names only."""
    names = [type(error).__name__]
    if isinstance(error, DBAPIError) and error.orig is not None:
        names.append(type(error.orig).__name__)
        constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
        if constraint:
            names.append(constraint)
    return " / ".join(dict.fromkeys(names))


def _place(error: BaseException) -> str:
    """Where it was raised, by module and line, below the database layer and this package."""
    place = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        module = frame.f_globals.get("__name__", "?")
        if not module.startswith(("sqlalchemy.", "psycopg.", "core.jobs.", "contextlib")):
            place = f" ({module}:{line})"
    return place


def record(
    session: BaseSession,
    spec: JobSpec,
    held: Held,
    reason: str,
    moment: datetime,
    *,
    retry_at: datetime | None = None,
) -> bool:
    """Write down that an attempt of a held job failed. Returns True when the job is now dead."""
    failures = held.failures + 1
    is_dead = failures >= spec.max_attempts
    fence.change(
        session,
        [held.id],
        state=JobState.DEAD if is_dead else JobState.READY,
        due_at=retry_at or moment + back_off(failures),
        lease_until=None,
        failures=failures,
        last_error=reason,
    )
    outcome = "dead" if is_dead else "failed"
    session.on_commit(lambda: metrics.count_job(spec.name, outcome))
    return is_dead
