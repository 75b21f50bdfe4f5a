"""What browsers load."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from core.doctor.finding import Finding, Patient

VENDOR = Path(__file__).resolve().parents[1] / "web" / "static" / "vendor"


def look(patient: Patient) -> Iterator[Finding]:
    if not (VENDOR / "fingerprint").exists():
        yield Finding(
            "assets",
            "The browser's parts are missing: pages would be bare.",
            "In a checkout run `make assets`; otherwise install the wheel again.",
        )
