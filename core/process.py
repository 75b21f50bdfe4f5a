"""What the serving and the working processes share: how they log, and how they end."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
import threading
import time

STOP_SECONDS = 10  # for what is in hand; after that the jobs' leases bring it back
QUIET = {
    "httpx": logging.WARNING,  # names every address at INFO
    "flask_appbuilder": logging.CRITICAL,  # complains at each start of columns that no form shows
    "dramatiq": logging.WARNING,
}
_PR_SET_PDEATHSIG = 1


def start_logging() -> None:
    """To standard error, from INFO."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)


def die_with(parent: int) -> None:
    """End this process as soon as `parent` has: kill -9 of `sapa run` leaves no server behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it went before we asked
            os._exit(1)
        return
    threading.Thread(target=_watch, args=(parent,), daemon=True, name="parent-watch").start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
