"""What a provider took, kept in a file: it outlives a kill -9 of either side."""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from pathlib import Path
from typing import Any


class Journal:
    """A line of JSON for each send. `path` None: kept in memory only."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._lines: list[dict[str, Any]] = read_journal(path) if path else []

    def add(self, **line: Any) -> None:
        """Keep one line, on disk before the call returns."""
        with self._lock:
            self._lines.append(line)
            if self._path is None:
                return
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
                file.flush()
                os.fsync(file.fileno())

    @property
    def lines(self) -> list[dict[str, Any]]:
        with self._lock:
            return list(self._lines)

    def doubles(self) -> dict[str, int]:
        """Opaque ids that were sent more than once, with how often."""
        return doubles(self.lines)


def read_journal(path: Path) -> list[dict[str, Any]]:
    """The lines of a journal file; a last line cut short by a kill is left out."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines[:-1]]


def doubles(lines: list[dict[str, Any]]) -> dict[str, int]:
    """Opaque ids that stand in more than one line, with how often."""
    counted = Counter(line["opaque"] for line in lines if line.get("opaque"))
    return {opaque: n for opaque, n in counted.items() if n > 1}
