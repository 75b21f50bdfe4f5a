"""Hearing at once that this process was told to stop.

The server drains its requests before anything of ours runs, and a stream only ends when it is told.
It sets the handlers of the signals after we are loaded; the wake-up descriptor hears them too.
"""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable

STOPS = {signal.SIGTERM, signal.SIGINT}


def when_told_to_stop(work: Callable[[], None]) -> None:
    """Run `work`, in a thread of its own, at the first SIGTERM or Ctrl-C. From the main thread."""
    hears, writes = socket.socketpair()
    writes.setblocking(False)
    signal.set_wakeup_fd(writes.fileno(), warn_on_full_buffer=False)

    def wait() -> None:
        is_told = False
        with writes:  # both ends stay open as long as this thread: until the process ends
            while heard := hears.recv(64):
                if STOPS & set(heard) and not is_told:
                    is_told = True
                    work()

    threading.Thread(target=wait, name="stopping", daemon=True).start()
