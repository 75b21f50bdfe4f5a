"""One set of counters for all processes of a machine, in files that each maps into its memory.

A scrape reaches any one web process; workers answer no scrape at all. So each process counts into
its own file of `SAPA_HOME/metrics/<host>/` (prometheus_client's multiprocess mode) and whoever is
asked adds them up. The counts outlive a process that is started anew, and end when the last one has
ended. Rejected: a label for the process, which a scrape of a random process would see come and go.
"""

from __future__ import annotations

import fcntl
import os
import re
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from prometheus_client import CollectorRegistry, values
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

from core.metrics import REGISTRY

_PID = re.compile(r"_(\d+)\.db$")
_locks: dict[Path, IO[str]] = {}


def folder_of(home: Path) -> Path:
    """Where this machine's processes count; by host, as machines may share a SAPA_HOME."""
    host = re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname()) or "localhost"
    return home / "metrics" / host


def share(home: Path) -> None:
    """Count into this machine's files from now on. Call it before anything is counted.

    The first process to come, when no other lives, begins at nought.
    """
    folder = folder_of(home)
    if folder in _locks:
        return
    folder.mkdir(parents=True, exist_ok=True)
    lock = Path.open(folder / "lock", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pass  # others count here: join them
    else:
        for left in folder.glob("*.db"):
            left.unlink()
    fcntl.flock(lock, fcntl.LOCK_SH)
    _locks[folder] = lock  # held while this process lives
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    # what the variable does where it is set before the first import
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]


class Counted:
    """Collects what all processes of this machine counted, or this one where it shares nothing."""

    def __init__(self, home: Path) -> None:
        self._folder = folder_of(home)

    def collect(self) -> Iterator[Metric]:
        found: Iterable[Metric] = (
            MultiProcessCollector.merge(self._files())  # type: ignore[no-untyped-call]
            if self._folder in _locks
            else REGISTRY.collect()
        )
        yield from found

    def _files(self) -> list[str]:
        """Every counter; of the gauges only those whose process lives."""
        return [
            str(file)
            for file in sorted(self._folder.glob("*.db"))
            if not file.name.startswith("gauge_live") or _is_alive(file)
        ]


def _is_alive(file: Path) -> bool:
    found = _PID.search(file.name)
    try:
        os.kill(int(found[1]) if found else 0, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def registry(*collectors: object) -> CollectorRegistry:
    """A registry of just these collectors."""
    made = CollectorRegistry()
    for collector in collectors:
        made.register(collector)  # type: ignore[arg-type]  # ours have the one method it calls
    return made
