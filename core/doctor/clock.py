"""This machine's clock, against the database's and the world's."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from sqlalchemy import create_engine, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from core.config import Settings
from core.doctor.finding import Finding, Patient
from core.outbound import OutboundClient
from core.outbound.failures import OutcomeUnknown, SendFailed

TOLERANCE = timedelta(seconds=5)  # tokens, windows and signatures are counted in minutes
ON_THE_WAY = timedelta(seconds=60)  # a Date header has whole seconds and may come from a cache
CURE = "Let the system keep its time (systemd-timesyncd, chrony)."


def look(patient: Patient) -> Iterator[Finding]:
    settings = patient.settings
    yield from _file(settings) if settings.is_sqlite else _database(settings)
    yield from _world(settings)


def _file(settings: Settings) -> Iterator[Finding]:
    file = settings.home / "sapa.db"
    ahead = file.stat().st_mtime - time.time() if file.exists() else 0
    if ahead > TOLERANCE.total_seconds():
        yield Finding("clock", "The clock was set back since the last write.", CURE)


def _database(settings: Settings) -> Iterator[Finding]:
    engine = create_engine(settings.app_url, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            theirs = connection.execute(select(func.clock_timestamp())).scalar_one()
    except SQLAlchemyError:
        return  # said already
    apart = abs(theirs - datetime.now(UTC))
    if apart > TOLERANCE:
        yield Finding(
            "clock",
            f"This machine's clock and the database's are {apart.total_seconds():.0f} s apart.",
            CURE,
        )


def _world(settings: Settings) -> Iterator[Finding]:
    """Ask the base URL, whose proxy is mostly another machine. Offline is no finding."""
    if not settings.base_url:
        return
    client = OutboundClient(private_hosts=settings.own_hosts, connect=3, read=3, total=5)
    try:
        answer = client.request("HEAD", f"{settings.public_url}/healthz")
        theirs = parsedate_to_datetime(answer.headers["Date"])
    except (SendFailed, OutcomeUnknown, KeyError, ValueError, OSError):
        return
    finally:
        client.close()
    apart = abs(theirs.astimezone(UTC) - datetime.now(UTC))
    if apart > ON_THE_WAY:
        yield Finding(
            "clock",
            f"This machine's clock and that of {settings.public_url} are "
            f"{apart.total_seconds():.0f} s apart.",
            CURE,
        )
