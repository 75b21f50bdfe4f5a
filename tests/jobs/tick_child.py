"""One of several processes that tick one schedule: `tick_child.py app_url system_url start`."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.config import Settings
from core.db import Database
from core.jobs.schedule import Periodic, tick
from core.jobs.spec import JobSpec


def main() -> None:
    app_url, system_url, start = sys.argv[1], sys.argv[2], datetime.fromisoformat(sys.argv[3])
    database = Database(
        Settings(home=Path("."), database_url=app_url, system_database_url=system_url)
    )
    declared = [Periodic(JobSpec("core.tick", run=print, system=True), "* * * * *")]
    print("ready", flush=True)
    sys.stdin.readline()
    won = 0
    for minute in range(40):
        moment = start + timedelta(minutes=minute)
        won += tick(database, declared, moment.astimezone(UTC), lambda tenant, plugin: True)
        time.sleep(0.005)
    print(won, flush=True)


main()
