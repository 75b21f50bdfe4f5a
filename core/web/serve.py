"""Serving: granian in front of `app:app`, with the job engine beside it in embedded mode.

The command's own process only minds: it binds nothing, forks the serving processes and passes
signals on. They die with it, also when it is killed.
"""

from __future__ import annotations

import fcntl
import importlib
import multiprocessing
import multiprocessing.util
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from core.config import Settings
from core.errors import Refused
from core.garbage import collect_from_here
from core.logs import set_up_logs
from core.process import STOP_SECONDS, die_with
from core.pulse import Pulse
from core.shared_metrics import share
from core.web.stopping import when_told_to_stop

TARGET = "app:app"
_GRACE = 5.0  # a predecessor that was just killed may still hold the port and the lock


def serve(settings: Settings, *, workers: int, ready: str) -> None:
    """Serve until SIGTERM or Ctrl-C, then stop gracefully. Refused: the port or the data is taken.

    `ready` is printed as soon as requests are answered.
    On SQLite there is one serving process: it alone writes, and it alone runs the jobs. Of several,
    one that dies is replaced.
    """
    check_port(settings.host, settings.port)
    with only_server(settings):
        server = Granian(
            TARGET,
            address=settings.host,
            port=settings.port,
            interface=Interfaces.WSGI,
            workers=workers,
            blocking_threads=settings.web_threads + settings.web_streams,
            workers_kill_timeout=STOP_SECONDS + 5,
            respawn_failed_workers=workers > 1,
            websockets=False,
            log_level=LogLevels.error,  # it warns of many threads: ours wait
        )
        server.serve(target_loader=_Loader(settings, os.getpid(), ready), wrap_loader=False)


class _Loader:
    """What the serving process runs first: answers with the application. Picklable for spawn."""

    def __init__(self, settings: Settings, minder: int, ready: str) -> None:
        self.ready = ready
        self.settings = settings
        self.minder = minder
        self.has_said = multiprocessing.Value("b", False)  # shared by the serving processes

    def __call__(self) -> Any:
        die_with(self.minder)
        # until granian listens to signals in this process, the default stops it
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        set_up_logs(self.settings)
        share(self.settings.home)
        module, name = TARGET.split(":")
        app = getattr(importlib.import_module(module), name)
        desk = app.extensions["sapa"]
        when_told_to_stop(desk.live.stop)
        if self.settings.is_embedded:
            desk.jobs.start()
            # runs in this process's main thread once granian has drained its requests
            multiprocessing.util.Finalize(
                None, desk.jobs.stop, args=(float(STOP_SECONDS),), exitpriority=10
            )
        pulse = Pulse(desk, serves=True, works=self.settings.is_embedded)
        pulse.start()
        multiprocessing.util.Finalize(None, pulse.stop, exitpriority=5)
        collect_from_here()
        self.say_ready()
        return app

    def say_ready(self) -> None:
        """Once, however many serve and however often one is replaced."""
        with self.has_said.get_lock():
            if not self.has_said.value:
                print(self.ready, flush=True)
            self.has_said.value = True


def check_port(host: str, port: int) -> None:
    """Refused where somebody listens: granian shares ports (SO_REUSEPORT) and wouldn't notice."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET

    def bind() -> bool:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except PermissionError as error:
                raise Refused(
                    f"Port {port} needs more rights than this user has: choose one above 1023 "
                    "with --port or SAPA_PORT.",
                    "port",
                ) from error
            except socket.gaierror as error:
                raise Refused(
                    f"There is no address {host} here: check SAPA_HOST.", "host"
                ) from error
            except OSError:
                return False
        return True

    if not _soon(bind):
        raise Refused(
            f"Port {port} on {host} is in use: stop what listens there, or choose another with "
            "--port or SAPA_PORT.",
            "port",
        )


@contextmanager
def only_server(settings: Settings) -> Iterator[None]:
    """Hold the data directory: a SQLite file has one serving process. Refused where another has it.

    The lock passes on to the serving process with the fork, and ends with the last of the two.
    """
    if not settings.is_sqlite:
        yield
        return
    path = settings.home / "serve.lock"
    with Path.open(path, "w") as file:

        def lock() -> bool:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        if not _soon(lock):
            raise Refused(
                f"Another `sapa run` serves {settings.home}. A SQLite database has one server "
                "process: stop that one, set another SAPA_HOME, or use PostgreSQL."
            )
        yield


def _soon(attempt: Callable[[], bool]) -> bool:
    """Try until it works, for `_GRACE` seconds."""
    end = time.monotonic() + _GRACE
    while not attempt():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
