"""Where plugins come from: the built-ins that the caller names, and installed distributions."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import entry_points

ENTRY_POINTS = "sapa.plugins"


@dataclass(frozen=True)
class Source:
    """One plugin to load. `hint` names it as long as its manifest hasn't."""

    hint: str
    origin: str
    module: str
    load: Callable[[], object]


def builtin_sources(paths: Iterable[str]) -> list[Source]:
    """Module paths such as `plugins.sync.plugin`, in the order given."""
    return [_from_path(path) for path in paths]


def installed_sources() -> list[Source]:
    """The entry points of other distributions, by name."""
    found = sorted(entry_points(group=ENTRY_POINTS), key=lambda point: (point.name, point.value))
    return [Source(point.name, point.value, point.module, point.load) for point in found]


def _from_path(path: str) -> Source:
    parts = path.split(".")
    hint = parts[-2] if parts[-1] == "plugin" and len(parts) > 1 else parts[-1]
    return Source(hint, path, path, lambda: importlib.import_module(path))
