"""Migrating beside processes that serve: who migrates gives way, and tries again.

A migration locks the tables one after another, and so do the transactions of those who serve, in
another order: they wait for each other. PostgreSQL would end either after a second. So a migration
waits for a lock for less than that, then gives up all that it holds and begins anew.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from core.migrations.plugin import MigrationFailed

Result = TypeVar("Result")

WAIT = "500ms"  # for a lock; below deadlock_timeout, so that no other transaction is the victim
TRIES = 60
_LOCKED_OUT = {"55P03", "40P01"}  # lock not available, deadlock detected


def wait_briefly(connection: Connection) -> None:
    """Have this transaction wait for no lock longer than `WAIT`."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT}'")


def yielding(work: Callable[[], Result]) -> Result:
    """Do `work`, one transaction, again as long as others hold what it needs. MigrationFailed."""
    for _ in range(TRIES):
        try:
            return work()
        except Exception as error:
            if not _is_locked_out(error):
                raise
        time.sleep(random.uniform(0.1, 0.6))  # noqa: S311 - no secret
    raise MigrationFailed(
        "The tables are in use without a pause: stop the workers, migrate, and start them again. "
        "Nothing was changed."
    )


def _is_locked_out(error: BaseException | None) -> bool:
    while error is not None:
        if getattr(getattr(error, "orig", error), "sqlstate", None) in _LOCKED_OUT:
            return True
        error = error.__cause__
    return False
