"""A process to be killed: `kill_child.py home`. Forks a worker per line, says its pid, and
"ready" once it works.

Imports once and forks, so that a life costs milliseconds. It has no threads before the fork.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from core.boot import open_desk
from core.config import Settings
from core.services.jobs import CORE_JOBS
from plugins import BUILTIN
from plugins.sync import applying, indexing, listing, undoing

assert CORE_JOBS  # imported before the fork
applying.ROWS_AT_ONCE = 20
listing.STAGED_AT_ONCE = 40
indexing.CONTACTS_AT_ONCE = 70
undoing.CHANGES_AT_ONCE = 30


def live(home: str) -> None:
    settings = Settings(home=Path(home), private_hosts=("127.0.0.1",))
    desk = open_desk(settings, BUILTIN)
    desk.jobs.start()
    print("ready", flush=True)
    while True:
        time.sleep(60)


def main() -> None:
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            live(sys.argv[1])
        print(pid, flush=True)
        os.waitpid(pid, 0)
        print("gone", flush=True)


if __name__ == "__main__":
    main()
