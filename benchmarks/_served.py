"""Applications served by granian as `sapa run` serves them, each in a process of its own.

with served("benchmarks._bare_flask:app") as port: ...
"""

from __future__ import annotations

import gc
import importlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from core.config import Settings

ROOT = Path(__file__).parents[1]
PATIENCE = 60.0


@dataclass(frozen=True)
class Served:
    """A running server."""

    port: int
    process: psutil.Process

    def cpu(self) -> float:
        """Seconds of CPU that its processes used so far: what the machine's noise hardly moves."""
        family = (self.process, *self.process.children(recursive=True))
        times = [each.cpu_times() for each in family]
        return sum(each.user + each.system for each in times)


@contextmanager
def served(
    target: str, environment: Mapping[str, str] | None = None, *, jobs: bool = False
) -> Iterator[Served]:
    """Serve `module:app` on a free port of 127.0.0.1 until the block ends.

    `environment`: its SAPA_* variables; those of this process don't reach it. `jobs`: start the job
    engine beside it, as embedded installations do.
    """
    port = _free_port()
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SAPA_")}
    command = [sys.executable, "-m", "benchmarks._served", target, str(port), str(int(jobs))]
    process = subprocess.Popen(  # noqa: S603 our own module
        command, cwd=ROOT, env={**ours, **(environment or {})}
    )
    try:
        _wait(port, process)
        yield Served(port, psutil.Process(process.pid))
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return


def _load(target: str, *, jobs: bool) -> Any:
    module, name = target.split(":")
    app = getattr(importlib.import_module(module), name)
    if jobs:
        app.extensions["sapa"].jobs.start()
    gc.freeze()
    return app


def _main(target: str, port: str, jobs: str) -> None:
    server = Granian(
        target,
        address="127.0.0.1",
        port=int(port),
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=Settings().web_threads,
        websockets=False,
        log_level=LogLevels.error,
    )
    server.serve(target_loader=partial(_load, target, jobs=bool(int(jobs))), wrap_loader=False)


if __name__ == "__main__":
    from benchmarks import _served  # the loader must be found under its real name

    target, port, jobs = sys.argv[1:]
    _served._main(target, port, jobs)
