"""Whether every tenant's clock can be told."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from sqlalchemy import select

from core.doctor.finding import Finding, Patient
from core.models import Tenant


def look(patient: Patient) -> Iterator[Finding]:
    with patient.rows() as session:
        if session is None:
            return
        zones = session.execute(select(Tenant.slug, Tenant.time_zone)).all()
    unknown = sorted({(slug, zone) for slug, zone in zones if not _is_known(zone)})
    if not _is_known("Asia/Jakarta"):
        yield Finding(
            "time zones",
            "This machine has no time zone data: no tenant's clock can be told.",
            "Install it: pip install tzdata",
        )
    elif unknown:
        slug, zone = unknown[0]
        yield Finding(
            "time zones",
            f"The tenant {slug} has the time zone {zone!r}, which nobody knows here "
            f"({len(unknown)} in all).",
            "Correct it as an operator under Tenants, or update the package tzdata.",
        )


def _is_known(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):  # unknown, a path, a folder
        return False
    return True
