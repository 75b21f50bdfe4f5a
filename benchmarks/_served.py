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
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PATIENCE = 60.0


@contextmanager
def served(
    target: str, environment: Mapping[str, str] | None = None, *, jobs: bool = False
) -> Iterator[int]:
    """Serve `module:app` on a free port of 127.0.0.1 until the block ends; yields the port.

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
        yield port
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
    from functools import partial

    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    from core.config import Settings

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
