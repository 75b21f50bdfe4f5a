"""Two transactions that want each other's rows: work that can be done again gives way.

PostgreSQL ends one of them, and it may be a person's request that it picks. A job begins anew from
its first statement and nobody sees it. So a job that locks many rows waits for a lock for so short
that, with the half second that it may have worked before, it is gone when the other one has waited
for the second after which PostgreSQL looks for deadlocks (decision 024).
"""

from __future__ import annotations

import random
import time
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.tenancy.session import TenantSession

TURNS = 20
"""How often work begins anew before it counts as failed."""
PATIENCE = "300ms"
_CONFLICTS = frozenset({"40P01", "40001", "55P03"})  # deadlock, serialization, lock not available


def is_conflict(error: BaseException) -> bool:
    """Whether the database ended the transaction for another one's sake."""
    original: Any = getattr(error, "orig", None)
    return isinstance(error, DBAPIError) and getattr(original, "sqlstate", "") in _CONFLICTS


def step_back(turn: int) -> None:
    """Let the other one finish: some milliseconds, more each time, never the same for two."""
    time.sleep(random.uniform(0.002, 0.02) * min(turn + 1, 5))  # noqa: S311 - no secret


def give_way(session: TenantSession) -> None:
    """This transaction never waits so long for a row that another one would be ended for it."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            text("select set_config('lock_timeout', :patience, true)"),
            {"patience": PATIENCE},
            execution_options={"tenant_unsafe": True},
        )
