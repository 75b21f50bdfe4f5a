"""What serving and working processes share: how long they finish, and with whom they end."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time

STOP_SECONDS = 10  # for what is in hand; after that the jobs' leases bring it back
_PR_SET_PDEATHSIG = 1


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
