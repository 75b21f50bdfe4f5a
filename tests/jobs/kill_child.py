"""A process to be killed: `kill_child.py home url`. Forks a worker per line, and says its pid.

Imports once and forks, so that a life costs milliseconds. It has no threads before the fork.
"""

from __future__ import annotations

import os
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from sqlalchemy import select

from core.config import Settings
from core.db import Database
from core.jobs.engine import JobEngine
from core.jobs.registry import JobRegistry
from core.jobs.spec import JobSpec, job
from core.tenancy.session import TenantSession
from tests.jobs.effects import Effect


@job("shop.note")
def note(session: TenantSession, payload: dict[str, Any]) -> None:
    session.add(Effect(key=f"note {payload['key']}"))


class Send:
    """Claims by a mark, posts the key, and records the answer on the mark."""

    timeout = 10

    def __init__(self, url: str) -> None:
        self.url = url

    def claim(self, session: TenantSession, payload: dict[str, Any]) -> str | None:
        mark = self._mark(session, payload)
        if mark is not None:
            mark.key = f"unknown {payload['key']}"
            return None
        session.add(Effect(key=f"sending {payload['key']}"))
        return str(payload["key"])

    def call(self, claimed: str) -> None:
        urllib.request.urlopen(f"{self.url}/{claimed}", data=b"", timeout=self.timeout).close()

    def complete(self, session: TenantSession, payload: Any, claimed: str, result: None) -> None:
        mark = self._mark(session, payload)
        assert mark is not None
        mark.key = f"accepted {payload['key']}"

    def fail(self, session: TenantSession, payload: Any, claimed: str, error: Exception) -> None:
        mark = self._mark(session, payload)
        assert mark is not None
        mark.key = f"failed {payload['key']}"

    def _mark(self, session: TenantSession, payload: dict[str, Any]) -> Effect | None:
        return session.scalar(select(Effect).where(Effect.key == f"sending {payload['key']}"))


def live(home: str, url: str) -> None:
    registry = JobRegistry()
    registry.register("shop", note)
    registry.register("shop", JobSpec("shop.send", call=Send(url)))
    JobEngine(Database(Settings(home=Path(home))), registry).start()
    while True:
        time.sleep(60)


def main() -> None:
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            live(*sys.argv[1:])
        print(pid, flush=True)
        os.waitpid(pid, 0)
        print("gone", flush=True)


if __name__ == "__main__":
    main()
