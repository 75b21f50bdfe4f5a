"""What an installation needs to be ready, part by part."""

from __future__ import annotations

import time
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from core.desk import Desk
from core.migrations.current import is_usable
from core.migrations.of_plugins import plugin_migrations
from core.models import Plan
from core.pulse import living

DATABASE, MIGRATIONS, REDIS, WORKERS = "database", "migrations", "redis", "workers"
SERVING = (DATABASE, MIGRATIONS)
WHOLE = (DATABASE, MIGRATIONS, REDIS, WORKERS)
REMEMBERED = 1.0  # seconds; everybody may ask, so a flood of questions asks the parts no oftener


class Readiness:
    """Asks the parts and remembers their answers for a moment. Safe to use from every thread."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._answers: dict[str, tuple[float, str]] = {}
        self._is_migrated = False
        self._checks = {
            DATABASE: self._database,
            MIGRATIONS: self._migrations,
            REDIS: self._redis,
            WORKERS: self._workers,
        }

    def problems(self, parts: Sequence[str]) -> dict[str, str]:
        """What fails, by part, in a few words; empty: ready. Without a database only that."""
        found: dict[str, str] = {}
        for part in parts:
            if problem := self._ask(part):
                found[part] = problem
                if part == DATABASE:
                    break
        return found

    def _ask(self, part: str) -> str:
        at, problem = self._answers.get(part, (float("-inf"), ""))
        if time.monotonic() - at > REMEMBERED:
            try:
                problem = self._checks[part]()
            except SQLAlchemyError:
                problem = "the database doesn't answer"
            self._answers[part] = (time.monotonic(), problem)
        return problem

    def _database(self) -> str:
        with self._desk.database.system(write=False) as session:
            session.execute(select(Plan.id).limit(1))
        return ""

    def _migrations(self) -> str:
        """Once migrated, always: a newer version that migrates further keeps what we need."""
        if not self._is_migrated:
            self._is_migrated = is_usable(self._desk.settings, plugin_migrations(self._desk.host))
        return "" if self._is_migrated else "migrations are pending"

    def _redis(self) -> str:
        if self._desk.redis is None:
            return ""
        from redis import RedisError  # embedded mode starts without it

        try:
            self._desk.redis.ping()
        except (RedisError, OSError):
            return "Redis doesn't answer"
        return ""

    def _workers(self) -> str:
        with self._desk.database.system(write=False) as session:
            is_worked = any(process.works for process in living(session))
        return "" if is_worked else "no worker is alive"
