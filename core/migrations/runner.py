"""Migrations: Alembic used directly, one version table per plugin, no alembic.ini.

With branch labels in one shared version table, a plugin that was pip-uninstalled would block every
later upgrade of the core; with a table of its own it doesn't.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext, MigrationStep
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.pool import NullPool

from core.config import Settings
from core.db import prepare_sqlite
from core.migrations import plugin as parts
from core.migrations.lock import only_one
from core.migrations.plugin import MigrationFailed, PluginMigrations, refuse_open_tables
from core.migrations.roles import Roles, ensure_roles
from core.migrations.statistics import let_analyze
from core.migrations.walls import lower_walls, raise_walls
from core.migrations.yielding import wait_briefly, yielding


@dataclass
class Report:
    """What a run did. `applied` maps each plugin (the core is `core`) to its new revisions."""

    applied: dict[str, list[str]] = field(default_factory=dict)
    roles_created: list[str] = field(default_factory=list)


def migrate(settings: Settings, plugins: Sequence[PluginMigrations] = ()) -> Report:
    """Bring the database up to date: the core's tables, each plugin's, PostgreSQL's walls.

    Safe to repeat, to run in two processes at once, and beside a version that serves. Each plugin
    has its own transaction, in the order given; MigrationFailed names the one that failed, those
    before it stay done.
    """
    refuse_open_tables(plugins)
    report = Report()
    with _owner_engine(settings) as engine, only_one(engine):
        roles: Roles | None = None
        if not settings.is_sqlite:
            with engine.begin() as connection:
                roles = ensure_roles(connection, settings)
            report.roles_created = list(roles.created)
        for plugin in (parts.CORE, *plugins):
            applied = yielding(partial(_bring_up, engine, plugin, roles))
            if applied:
                report.applied[plugin.name] = applied
    return report


def _bring_up(engine: Engine, plugin: PluginMigrations, roles: Roles | None) -> list[str]:
    """One plugin's transaction; its new revisions."""
    with _transaction(engine) as connection:
        wait_briefly(connection)
        applied = _upgrade(connection, plugin)
        if roles is not None:
            raise_walls(connection, plugin, roles)
            if plugin.name == parts.CORE.name:
                let_analyze(connection, roles)
    return applied


def pending(settings: Settings, plugins: Sequence[PluginMigrations] = ()) -> dict[str, list[str]]:
    """The revisions that `sapa migrate` would apply, by plugin; empty when up to date.

    Reads as the app's role; cheap enough for every start. MigrationFailed: the database was
    migrated by a newer version.
    """
    engine = create_engine(settings.app_url, poolclass=NullPool)
    if settings.is_sqlite and not _has_file(engine):
        return {plugin.name: _missing(plugin, None) for plugin in (parts.CORE, *plugins)}
    with engine.connect() as connection:
        tables = set(inspect(connection).get_table_names())
        todo = {}
        for plugin in (parts.CORE, *plugins):
            current = None
            if plugin.version_table in tables:
                current = connection.execute(
                    text(f'SELECT version_num FROM "{plugin.version_table}"')  # noqa: S608 - a plugin's name, checked by the host
                ).scalar()
            if missing := _missing(plugin, current):
                todo[plugin.name] = missing
    return todo


def downgrade_plugin(settings: Settings, plugin: PluginMigrations) -> None:
    """Take a plugin's tables away, with all that is in them, and its version table."""
    if plugin.name == parts.CORE.name:
        raise MigrationFailed("The core can't be uninstalled.")
    with _owner_engine(settings) as engine, only_one(engine), _transaction(engine) as connection:
        if not inspect(connection).has_table(plugin.version_table):
            return
        script = script_of(plugin)
        current = _current(connection, plugin)
        _missing(plugin, current)  # refuses a revision that this version doesn't know
        steps = script.iterate_revisions(current or "base", "base")
        _run(
            connection,
            plugin,
            [MigrationStep.downgrade_from_script(script.revision_map, step) for step in steps],
        )
        connection.execute(text(f'DROP TABLE "{plugin.version_table}"'))


@cache
def script_of(plugin: PluginMigrations) -> ScriptDirectory:
    """The plugin's revisions, read once per process."""
    if not (plugin.path / "versions").is_dir():
        raise MigrationFailed(f"{plugin.name} has no migrations in {plugin.path / 'versions'}.")
    return ScriptDirectory(str(plugin.path))


def _missing(plugin: PluginMigrations, current: str | None) -> list[str]:
    """Revisions between `current` and the newest, oldest first."""
    script = script_of(plugin)
    if current == script.get_current_head():
        return []
    try:
        steps = list(script.iterate_revisions("head", current or "base"))
    except (ResolutionError, CommandError) as error:
        raise MigrationFailed(
            f"The database has revision {current} of {plugin.name}, which this version doesn't "
            "know: install the version that made it, or a newer one."
        ) from error
    return [step.revision for step in reversed(steps)]


def _upgrade(connection: Connection, plugin: PluginMigrations) -> list[str]:
    missing = _missing(plugin, _current(connection, plugin))
    if not missing:
        return []
    if connection.dialect.name == "postgresql":
        lower_walls(connection, plugin)
    script = script_of(plugin)
    steps = [script.get_revision(revision) for revision in missing]
    _run(
        connection,
        plugin,
        [MigrationStep.upgrade_from_script(script.revision_map, step) for step in steps],
    )
    return missing


def _current(connection: Connection, plugin: PluginMigrations) -> str | None:
    opts = {"version_table": plugin.version_table}
    return MigrationContext.configure(connection, opts=opts).get_current_revision()


def _run(connection: Connection, plugin: PluginMigrations, steps: Sequence[MigrationStep]) -> None:
    context = MigrationContext.configure(
        connection,
        opts={"version_table": plugin.version_table, "fn": lambda heads, context: steps},
    )
    try:
        with Operations.context(context):
            context.run_migrations()
    except Exception as error:
        raise MigrationFailed(
            f"The migrations of {plugin.name} failed and were rolled back: {error}"
        ) from error


@contextmanager
def _owner_engine(settings: Settings) -> Iterator[Engine]:
    if settings.is_sqlite:
        settings.home.mkdir(parents=True, exist_ok=True)
    engine = create_engine(settings.owner_url, poolclass=NullPool)
    if settings.is_sqlite:
        event.listen(engine, "connect", prepare_sqlite)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _transaction(engine: Engine) -> Iterator[Connection]:
    """One transaction, DDL included.

    SQLite can't ALTER much: a migration rebuilds the table, so foreign keys are off meanwhile and
    checked before the commit, as SQLite's manual advises (lang_altertable, section 7).
    """
    with engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            with connection.begin():
                yield connection
            return
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.rollback()
        with connection.begin():
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            orphan = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if orphan is not None:
                raise MigrationFailed(
                    f"The migration would leave rows of {orphan[0]} that point at nothing in "
                    f"{orphan[2]}; nothing was changed."
                )


def _has_file(engine: Engine) -> bool:
    """Connecting would create the file, and a web process that only asks must not."""
    return bool(engine.url.database) and Path(str(engine.url.database)).exists()
