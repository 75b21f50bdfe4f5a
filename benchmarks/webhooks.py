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
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks._load import Load, burst, post
from benchmarks._pairs import pairs
from benchmarks._served import served
from core.config import Settings
from core.testing.databases import run_postgres
from core.testing.installation import installation
from core.testing.providers.whatsapp_cloud_bodies import text
from plugins import BUILTIN

GOALS = {"sqlite": 1.2, "postgresql": 0.60}
CONNECTIONS = 64
SECONDS = 2.0
ROUNDS = 7
BODIES = 2000


def main(*names: str) -> None:
    for name in names or GOALS:
        with settings_of(name) as settings, installed(settings) as requests:
            compare(name, settings, requests)


@contextmanager
def settings_of(name: str) -> Iterator[Settings]:
    with tempfile.TemporaryDirectory(prefix="sapa-bench-") as folder:
        home = Path(folder)
        if name == "sqlite":
            yield Settings(home=home)
            return
        with run_postgres() as server:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                server.run(f"ALTER SYSTEM RESET {setting}")
            server.run("SELECT pg_reload_conf()")
            yield server.settings(server.create(), home)


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
    last: dict[int, Load] = {}

    def rate(port: int) -> float:
        found = last[port] = burst(port, requests, seconds=SECONDS, connections=CONNECTIONS)
        assert set(found.statuses) == {b"200"}, found.statuses  # noqa: S101 else not the same work
        return found.rate

    with served("benchmarks._bare_flask:app") as bare, served("app:app", environment) as ours:
        ratio = pairs(lambda: rate(ours), lambda: rate(bare), rounds=ROUNDS)
    mine, theirs = last[ours], last[bare]
    print(
        f"webhooks durable on {name}: {ratio} of bare Flask (goal {GOALS[name]}); "
        f"last pair {mine.rate:,.0f}/s against {theirs.rate:,.0f}/s, "
        f"p99 {mine.latency(0.99) * 1e3:.0f} ms against {theirs.latency(0.99) * 1e3:.0f} ms"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
