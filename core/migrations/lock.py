"""One `sapa migrate` at a time, over all processes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from sqlalchemy import Engine, text

# Any fixed number: PostgreSQL scopes it to the database. These are the bytes of "sapa".
ADVISORY_KEY = 0x73617061
PATIENCE = 600  # seconds


@contextmanager
def only_one(engine: Engine) -> Iterator[None]:
    """Hold the installation's migration lock; wait for another that holds it."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_KEY})
            connection.commit()
            yield  # closing the connection gives the lock back
        return
    path = engine.url.database
    if not path or path == ":memory:":
        yield
        return
    # A second SQLite file is the one file lock that works alike on every system, and a crash
    # frees it. The database itself can't be it: its foreign keys are switched outside transactions.
    with closing(sqlite3.connect(f"{path}.migrate", timeout=PATIENCE)) as lock:
        lock.isolation_level = None
        lock.execute("BEGIN EXCLUSIVE")
        yield
        lock.execute("ROLLBACK")
