"""A worker process, from its start on."""

from __future__ import annotations

import subprocess
import sys

from core.config import Settings

# it starts as `sapa worker` does: nothing is collected yet
CHILD = """
import gc, os, signal, sys, threading
gc.disable()
from core.config import Settings
from core.jobs.process import Work, live
from core.jobs.queues import QUEUES
from core.testing.waiting import wait_until

def look():
    print("collects" if wait_until(gc.isenabled, 30) else "keeps all")
    os.kill(os.getpid(), signal.SIGTERM)

threading.Thread(target=look).start()
settings = Settings(home=sys.argv[1])
live(Work(settings=settings, builtin=(), queues=QUEUES, threads=1, ready=""), say_ready=False)
"""


def test_a_worker_that_runs_on_collects_its_garbage(sqlite_settings: Settings) -> None:
    child = subprocess.run(
        [sys.executable, "-c", CHILD, str(sqlite_settings.home)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert child.stdout.strip() == "collects", child.stderr
    assert child.returncode == 0, child.stderr
