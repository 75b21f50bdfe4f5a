"""A real `sapa run` or `sapa demo` in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
PATIENCE = 90  # seconds; a busy machine starts slowly


@dataclass
class Served:
    """A started command. `log` is all that it printed."""

    process: subprocess.Popen[str]
    port: int
    log_file: Path

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def wait_until_healthy(self) -> None:
        """Return at the first 200 on /healthz; fails when the process ends before."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                with urllib.request.urlopen(self.url("/healthz"), timeout=5) as answer:
                    assert answer.status == 200
                    return
            except OSError:
                assert self.process.poll() is None, self.log
                assert time.monotonic() < end, self.log
                time.sleep(0.02)

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Signal it and answer its exit status."""
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)


@contextmanager
def started(
    *words: str,
    home: Path,
    port: int,
    healthy: bool = True,
    environment: dict[str, str] | None = None,
) -> Iterator[Served]:
    """`sapa WORDS --port PORT`, gone at the end whatever happens. `environment`: more SAPA_*."""
    with _running([*words, "--port", str(port)], home, port, environment) as served:
        if healthy:
            served.wait_until_healthy()
        yield served


@contextmanager
def working(*words: str, home: Path, environment: dict[str, str]) -> Iterator[Served]:
    """`sapa worker WORDS`, gone at the end whatever happens."""
    with _running(["worker", *words], home, 0, environment) as served:
        yield served


@contextmanager
def _running(
    words: list[str], home: Path, port: int, more: dict[str, str] | None
) -> Iterator[Served]:
    home.mkdir(exist_ok=True)
    log = home / f"server-{port}.log"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SAPA_")}
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "sapa", *words],
            cwd=ROOT,
            env={**environment, "SAPA_HOME": str(home), **(more or {})},
            stdout=file,
            stderr=subprocess.STDOUT,
            text=True,
        )
    served = Served(process, port, log)
    try:
        yield served
    finally:
        family = served.children() if process.poll() is None else []
        for each in [process, *family]:
            try:
                each.kill()
            except (psutil.NoSuchProcess, ProcessLookupError):
                continue
        process.wait(PATIENCE)
