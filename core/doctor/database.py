"""Whether the database answers, is new enough and migrated, and holds the wall."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from core.config import Settings
from core.db import Database
from core.doctor.finding import Finding, first_line
from core.host.host import PluginHost
from core.migrations.of_plugins import plugin_migrations
from core.migrations.plugin import MigrationFailed
from core.migrations.roles import UnsafeRole, refuse_unbound_role
from core.migrations.runner import pending

OLDEST = 140_000  # PostgreSQL 14, as server_version_num; older ones get no more security fixes


def look_at_database(settings: Settings, host: PluginHost) -> tuple[list[Finding], bool]:
    """What is wrong with it, and whether its rows can be asked for more."""
    try:
        waiting = pending(settings, plugin_migrations(host))
    except MigrationFailed as error:
        cure = "Install that version, or restore a backup."
        return [Finding("migrations", str(error), cure)], False
    except (SQLAlchemyError, OSError) as error:
        problem = f"The database doesn't answer: {first_line(error)}"
        return [Finding("database", problem, "Start it, or correct SAPA_DATABASE_URL.")], False
    found = list(_version(settings))
    if waiting:
        count = sum(len(revisions) for revisions in waiting.values())
        problem = f"{count} migrations are pending ({', '.join(sorted(waiting))})."
        return [*found, Finding("migrations", problem, "Run `sapa migrate`.")], False
    role = list(_role(settings))
    return [*found, *role], not role


def _version(settings: Settings) -> Iterator[Finding]:
    if settings.is_sqlite:
        return
    with create_engine(settings.app_url, poolclass=NullPool).connect() as connection:
        number = int(connection.execute(text("SHOW server_version_num")).scalar_one())
    if number < OLDEST:
        yield Finding(
            "database version",
            f"PostgreSQL {number // 10_000} is too old: Sapa wants {OLDEST // 10_000} or newer.",
            "Upgrade the server (pg_upgrade, or dump and restore).",
        )


def _role(settings: Settings) -> Iterator[Finding]:
    database = Database(settings)
    try:
        refuse_unbound_role(database)
    except UnsafeRole as error:
        problem, _, cure = str(error).partition(". ")
        yield Finding("database role", f"{problem}.", cure or "Run `sapa migrate`.")
    except SQLAlchemyError as error:
        yield Finding(
            "database role",
            f"The system's database role can't log in: {first_line(error)}",
            "Correct SAPA_SYSTEM_DATABASE_URL, or run `sapa migrate`.",
        )
    finally:
        database.dispose()
