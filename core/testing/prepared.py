"""What `sapa migrate` makes, for tests: made once a process, then copied.

`prepare` costs a second of CPU; a copied SQLite file costs nothing.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from core.config import Settings
from core.setup import prepare

_made: dict[tuple[str, ...], Path] = {}
# removed with the process
_folder = tempfile.TemporaryDirectory(prefix="sapa-prepared-")


def prepared(settings: Settings, builtin: Iterable[str] = ()) -> None:
    """Tables, plans, roles and permissions, as `prepare(settings, builtin)` makes them.

    On SQLite what was in the file is gone: call it before anything is written.
    """
    builtin = tuple(builtin)
    if not settings.is_sqlite:
        prepare(settings, builtin)
        return
    if builtin not in _made:
        home = Path(_folder.name) / str(len(_made))
        prepare(Settings(home=home), builtin)
        _made[builtin] = home / "sapa.db"
    settings.home.mkdir(parents=True, exist_ok=True)
    copy_sqlite(_made[builtin], settings.home)


def copy_sqlite(file: Path, home: Path) -> None:
    """Put what `file` holds into an installation's database, which threads may have open."""
    if not (home / "sapa.db").exists():
        shutil.copy(file, home / "sapa.db")
        return
    with closing(sqlite3.connect(file)) as source, closing(_connect(home)) as target:
        source.backup(target)


def _connect(home: Path) -> sqlite3.Connection:
    return sqlite3.connect(home / "sapa.db", timeout=10)
