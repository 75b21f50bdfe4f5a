"""The question of every start, is there anything to migrate, answered without Alembic.

Importing Alembic takes a tenth of a web process's start. Where this can't say yes, the runner's
`pending` says what there is to do.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import create_engine, inspect, text
from sqlalchemy.pool import NullPool

from core.config import Settings
from core.migrations.plugin import CORE, PluginMigrations

_ASSIGNMENT = re.compile(r"^(revision|down_revision)\b[^=\n]*=[ \t]*(.+)$", re.MULTILINE)


def is_current(settings: Settings, plugins: Sequence[PluginMigrations] = ()) -> bool:
    """Whether every version table names the newest revision. False also where that is unclear."""
    return _all(settings, plugins, lambda plugin, stored: stored == newest(plugin))


def is_usable(settings: Settings, plugins: Sequence[PluginMigrations] = ()) -> bool:
    """Whether nothing is missing that this version needs.

    A revision that it doesn't know is a newer version's, which keeps what this one needs: during a
    deploy both serve, and one of the older's processes may be replaced.
    """
    return _all(
        settings,
        plugins,
        lambda plugin, stored: stored == newest(plugin) or not stored <= known(plugin),
    )


def _all(
    settings: Settings,
    plugins: Sequence[PluginMigrations],
    is_right: Callable[[PluginMigrations, set[str]], bool],
) -> bool:
    engine = create_engine(settings.app_url, poolclass=NullPool)
    if settings.is_sqlite and not Path(str(engine.url.database)).exists():
        return False  # connecting would create the file
    with engine.connect() as connection:
        tables = set(inspect(connection).get_table_names())
        for plugin in (CORE, *plugins):
            if plugin.version_table not in tables:
                return False
            stored = connection.execute(
                text(f'SELECT version_num FROM "{plugin.version_table}"')  # noqa: S608 - a plugin's name, checked by the host
            ).scalars()
            if not is_right(plugin, {str(revision) for revision in stored}):
                return False
    return True


def newest(plugin: PluginMigrations) -> set[str]:
    """The revisions that no other follows, read from the files' assignments."""
    followed: set[str] = set()
    for names in _revisions(plugin):
        before = names.get("down_revision")
        followed.update(before if isinstance(before, tuple | list) else [str(before)])
    return known(plugin) - followed


def known(plugin: PluginMigrations) -> set[str]:
    """All revisions that this version has."""
    return {str(names.get("revision")) for names in _revisions(plugin)}


def _revisions(plugin: PluginMigrations) -> list[dict[str, object]]:
    return [_assigned(file) for file in (plugin.path / "versions").glob("*.py")]


def _assigned(file: Path) -> dict[str, object]:
    """What the module assigns on one line, with or without a type. What isn't clear is missing.

    The module isn't parsed: a migration that makes forty tables takes 30 ms of every start.
    """
    found: dict[str, object] = {}
    for name, value in _ASSIGNMENT.findall(file.read_text()):
        try:
            found[name] = ast.literal_eval(value)
        except (SyntaxError, ValueError):
            continue
    return found
