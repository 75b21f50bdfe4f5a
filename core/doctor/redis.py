"""Redis, where it is set."""

from __future__ import annotations

from collections.abc import Iterator

from core.doctor.finding import Finding, Patient, first_line


def look(patient: Patient) -> Iterator[Finding]:
    if not patient.settings.redis_url:
        return
    from redis import Redis, RedisError

    url = patient.settings.redis_url
    try:
        with Redis.from_url(url, socket_connect_timeout=3, socket_timeout=3) as client:
            client.ping()
    except (RedisError, ValueError, OSError) as error:
        yield Finding(
            "redis",
            f"Redis doesn't answer: {first_line(error)}",
            "Start it, correct SAPA_REDIS_URL, or unset that to run embedded.",
        )
