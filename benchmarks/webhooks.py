"""Taking webhooks durably, against bare Flask that only answers, on the same server.

Both get the same signed bodies of WhatsApp's, over the same connections, from granian with the same
settings. Ours checks the signature and the JSON, and answers when the body is on the disk (fsync on
SQLite, synchronous_commit on PostgreSQL). What it stores is processed elsewhere, as in production.
Goals: at least 0.60 of bare Flask on PostgreSQL, at least 1.2 on SQLite.

    python -m benchmarks.webhooks [sqlite] [postgresql]
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks._databases import on_postgres, on_sqlite
from benchmarks._load import Load, burst, post
from benchmarks._pairs import pairs
from benchmarks._served import Served, served
from benchmarks.figures import Figure, show
from core.config import Settings
from core.testing.installation import installation
from core.testing.providers.whatsapp_cloud_bodies import text
from plugins import BUILTIN

DATABASES = {"sqlite": on_sqlite, "postgresql": on_postgres}
GOALS = {"sqlite": 1.2, "postgresql": 0.60}
CONNECTIONS = 64
SECONDS = 2.0
ROUNDS = 7
BODIES = 2000


def main(*names: str) -> None:
    for name in names or GOALS:
        with DATABASES[name]() as settings, installed(settings) as requests:
            compare(name, settings, requests)


@contextmanager
def installed(settings: Settings) -> Iterator[list[bytes]]:
    """An installation with one WhatsApp number; yields signed deliveries to it."""
    with installation(settings, BUILTIN) as house, house.cloud() as line:
        requests = []
        for number in range(BODIES):
            said = text(f"62812000{number % 97:05}", f"Halo {number}", id=f"wamid.bench.{number}")
            body = json.dumps(line.messages(said)).encode()
            requests.append(post(line.path, body, line.meta.sign(body)))
        yield requests


def compare(name: str, settings: Settings, requests: list[bytes]) -> None:
    environment = {
        "SAPA_HOME": str(settings.home),
        "SAPA_DATABASE_URL": settings.database_url,
        "SAPA_SYSTEM_DATABASE_URL": settings.system_database_url,
        "SAPA_OWNER_DATABASE_URL": settings.owner_database_url,
    }
    with served("benchmarks._bare_flask:app") as bare, served("app:app", environment) as sapa:
        limit, ours = Side(bare, requests), Side(sapa, requests)
        ratios = pairs(ours.rate, limit.rate, rounds=ROUNDS)
    show(
        Figure(
            "webhooks",
            f"durable on {name}",
            ratios,
            "bare Flask",
            goal=GOALS[name],
            detail=f"{ours} against {limit}",
        )
    )


@dataclass
class Side:
    """One of the two servers, and what all its bursts came to."""

    server: Served
    requests: list[bytes]
    loads: list[Load] = field(default_factory=list)
    cpu: float = 0.0

    def rate(self) -> float:
        """Requests a second of one more burst."""
        before = self.server.cpu()
        load = burst(self.server.port, self.requests, seconds=SECONDS, connections=CONNECTIONS)
        self.cpu += self.server.cpu() - before
        self.loads.append(load)
        assert set(load.statuses) == {b"200"}, load.statuses  # noqa: S101 else not the same work
        return load.rate

    def __str__(self) -> str:
        answered = sum(load.statuses.total() for load in self.loads)
        best = max(self.loads, key=lambda load: load.rate)
        return (
            f"at best {best.rate:,.0f}/s with p99 {best.latency(0.99) * 1e3:.0f} ms, "
            f"{self.cpu / answered * 1e6:.0f} µs of CPU each"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
