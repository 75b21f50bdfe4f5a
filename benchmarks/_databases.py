"""Fresh databases to measure on, that keep what they are told: every commit reaches the disk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.config import Settings
from core.migrations.runner import migrate
from core.testing.databases import run_postgres


@contextmanager
def on_sqlite() -> Iterator[Settings]:
    """A folder for an installation; its database is made with the first migration."""
    with tempfile.TemporaryDirectory(prefix="sapa-bench-") as folder:
        yield Settings(home=Path(folder), database_url=f"sqlite:///{folder}/sapa.db")


@contextmanager
def on_postgres() -> Iterator[Settings]:
    """A server of its own, with the roles that an installation connects as."""
    with tempfile.TemporaryDirectory(prefix="sapa-bench-") as folder, run_postgres() as server:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            server.run(f"ALTER SYSTEM RESET {setting}")  # tests run without
        server.run("SELECT pg_reload_conf()")
        settings = server.settings(server.create(), Path(folder))
        migrate(settings)
        yield settings
