"""Whether providers can reach this installation."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from core.config import Settings
from core.doctor.finding import Finding, Patient


def look(patient: Patient) -> Iterator[Finding]:
    if is_public(patient.settings):
        return
    yield Finding(
        "base URL",
        f"Providers can't post webhooks to {patient.settings.public_url}: it is no public https "
        "address.",
        "Put a reverse proxy with a certificate before Sapa and set SAPA_BASE_URL=https://your.host",
    )


def is_public(settings: Settings) -> bool:
    """Whether the base URL is one that strangers reach over https."""
    parts = urlsplit(settings.public_url)
    return parts.scheme == "https" and _is_public_name(parts.hostname or "")


def _is_public_name(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".local", ".internal", ".localhost", ".lan"))
