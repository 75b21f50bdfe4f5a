"""A served desk and its provider as processes of their own, on 127.0.0.1, to be killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
DESK = Path(__file__).parent / "answering_desk"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def provider(journal: Path) -> Iterator[str]:
    """Meta as a process; the address that a channel's *Graph API address* takes.

    It takes a message at once and answers a little later: there a kill hurts most.
    """
    module = "core.testing.providers.whatsapp_cloud"
    process = subprocess.Popen(
        [sys.executable, "-m", module, "--journal", str(journal), "--delay", "0.05"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        yield str(json.loads(process.stdout.readline())["graph_url"])
    finally:
        end(process, signal.SIGKILL)


@dataclass
class ServedDesk:
    """`sapa run` on one data directory, again and again.

    `folder`: where its `app` is. `environment`: SAPA_* besides home and port.
    """

    home: Path
    port: int
    log: Path
    folder: Path = DESK
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SAPA_HOME": str(self.home),
            "SAPA_PORT": str(self.port),
            "SAPA_PRIVATE_HOSTS": "127.0.0.1",
            **self.environment,
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "sapa", "run"],
                cwd=self.folder,  # its `app` stands before the project's
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def is_up(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", timeout=2, trust_env=False).is_success
        except httpx.TransportError:
            return False

    def wait(self, seconds: float = 60) -> None:
        """Until it answers. Raises AssertionError with the end of its log."""
        deadline = time.monotonic() + seconds
        while not self.is_up():
            assert self.process is not None
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(self.log.read_text(errors="replace")[-2000:])
            time.sleep(0.02)

    def kill(self) -> None:
        """kill -9 of the whole process group, wherever it is just now."""
        end(self.process, signal.SIGKILL)

    def stop(self) -> None:
        """As an operator does: finish what is in hand."""
        end(self.process, signal.SIGTERM)


def end(process: subprocess.Popen[bytes] | subprocess.Popen[str] | None, how: int) -> None:
    if process is None or process.poll() is not None:
        return
    os.killpg(process.pid, how)
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=10)
