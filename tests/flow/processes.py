"""An installation's processes on 127.0.0.1, to be killed at any moment and started again."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from core.config import Settings
from core.testing.waiting import wait_until
from plugins import BUILTIN

ROOT = Path(__file__).parents[2]
DESK = Path(__file__).parent / "answering_desk"
ANSWERING = (*BUILTIN, "answering")
SAPA = "core.cli:run_command"


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
        [sys.executable, "-m", module, "--journal", str(journal), "--delay", "0.02"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield str(json.loads(process.stdout.readline())["graph_url"])
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()


@contextmanager
def nursery(root: Path = ROOT) -> Iterator[Nursery]:
    """A process that forks others; see nursery.py. It ends them with itself.

    `root`: where it finds Sapa, a version of its own perhaps.
    """
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "flow" / "nursery.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    found = Nursery(process)
    try:
        yield found
    finally:
        for pid in found.born:
            end_group(pid, signal.SIGKILL)
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


@dataclass
class Nursery:
    """Bears processes. `born`: the pid of each, which is its group's as well."""

    process: subprocess.Popen[str]
    born: list[int] = field(default_factory=list)

    def bear(self, **order: Any) -> int:
        """The pid of a new process."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        self.born.append(int(self.process.stdout.readline()))
        return self.born[-1]


@dataclass
class Part:
    """One process of an installation with those that it forks, again and again.

    `folder` is where it works, and where its `app` is; `environment` its SAPA_*.
    """

    nursery: Nursery
    arguments: Sequence[Any]
    environment: Mapping[str, str]
    log: Path
    folder: Path = DESK
    call: str = SAPA
    pid: int = 0

    def start(self) -> None:
        self.pid = self.nursery.bear(
            call=self.call,
            arguments=list(self.arguments),
            environment=dict(self.environment),
            folder=str(self.folder),
            log=str(self.log),
        )

    @property
    def is_alive(self) -> bool:
        return self.pid != 0 and _is_alive(self.pid)

    def children(self) -> list[int]:
        """The pids of the processes that it forked."""
        return [int(stat.parent.name) for stat in Path("/proc").glob("[0-9]*/stat")
                if _parent(stat) == self.pid]  # fmt: skip

    def kill(self) -> None:
        """kill -9 of the whole, wherever it is just now."""
        end_group(self.pid, signal.SIGKILL)

    def kill_one(self, chance: random.Random) -> None:
        """kill -9 of one of the processes that it forked, where there is one."""
        if found := sorted(self.children()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(found), signal.SIGKILL)

    def stop(self) -> None:
        """As an operator does: finish what is in hand."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        assert wait_until(lambda: not self.is_alive, 30), self.told()

    def told(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""


@dataclass
class Served(Part):
    """`sapa run`."""

    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", timeout=20, trust_env=False)

    @property
    def is_up(self) -> bool:
        try:
            return self.get("/healthz").is_success
        except httpx.TransportError:
            return False

    def wait(self, seconds: float = 60) -> None:
        """Until it answers."""
        wait_until(lambda: self.is_up or not self.is_alive, seconds)
        assert self.is_up, self.told()


def served(
    nursery: Nursery,
    settings: Settings,
    folder: Path,
    *,
    workers: int = 1,
    app: Path = DESK,
    **more: str,
) -> Served:
    """`sapa run` over these settings, on a port of its own. `more`: further SAPA_*."""
    port = free_port()
    environment = environment_of(settings) | {"SAPA_PORT": str(port)} | more
    arguments = ["run", "--workers", str(workers)]
    return Served(
        nursery, [ANSWERING, arguments], environment, folder / "web.log", folder=app, port=port
    )


def environment_of(settings: Settings) -> dict[str, str]:
    """What a process needs to work with these settings."""
    return {
        "SAPA_HOME": str(settings.home),
        "SAPA_PRIVATE_HOSTS": "127.0.0.1",
        "SAPA_DATABASE_URL": settings.database_url,
        "SAPA_SYSTEM_DATABASE_URL": settings.system_database_url,
        "SAPA_OWNER_DATABASE_URL": settings.owner_database_url,
        "SAPA_REDIS_URL": settings.redis_url,
    }


def end_group(pid: int, how: int) -> None:
    """Send a signal to a process and all that it forked; after a kill wait until they are gone."""
    if pid == 0:
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, how)
    if how == signal.SIGKILL:
        assert wait_until(lambda: not _is_alive(pid), 10)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _parent(stat: Path) -> int:
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return 0  # it has just ended
