"""What the doctor looks at, and what it says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core.config import Settings
from core.db import Database
from core.tenancy.session import SystemSession


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: a sentence on it, and one on what to do."""

    check: str
    problem: str
    cure: str


@dataclass(frozen=True)
class Patient:
    """An installation. `database` is None where it can't be asked: that was said already."""

    settings: Settings
    database: Database | None = None

    @contextmanager
    def rows(self) -> Iterator[SystemSession | None]:
        """A reading session over all tenants, or None."""
        if self.database is None:
            yield None
            return
        with self.database.system(write=False) as session:
            yield session


def first_line(error: Exception) -> str:
    """What a driver said, without the statement."""
    text = str(getattr(error, "orig", None) or error).strip()
    return text.splitlines()[0] if text else type(error).__name__
