"""The question of every start, is there anything to migrate, answered without Alembic.

Importing Alembic takes a tenth of a web process's start. Where this can't say yes, the runner's
`pending` says what there is to do.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import create_engine, inspect, text
from sqlalchemy.pool import NullPool

from core.config import Settings
from core.migrations.plugin import CORE, PluginMigrations


def is_current(settings: Settings, plugins: Sequence[PluginMigrations] = ()) -> bool:
    """Whether every version table names the newest revision. False also where that is unclear."""
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
            if set(stored) != newest(plugin):
                return False
    return True


def newest(plugin: PluginMigrations) -> set[str]:
    """The revisions that no other follows, read from the files' assignments."""
    revisions: set[str] = set()
    followed: set[str] = set()
    for file in (plugin.path / "versions").glob("*.py"):
        names = _assigned(file)
        revisions.add(str(names.get("revision")))
        before = names.get("down_revision")
        followed.update(before if isinstance(before, tuple | list) else [str(before)])
    return revisions - followed


def _assigned(file: Path) -> dict[str, object]:
    """The module's plain assignments of a constant, `name = "value"` with or without a type."""
    found: dict[str, object] = {}
    for node in ast.parse(file.read_text()).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        for target in targets:
            if isinstance(target, ast.Name) and target.id in ("revision", "down_revision"):
                assert isinstance(node, ast.Assign | ast.AnnAssign)  # noqa: S101 - has targets
                found[target.id] = ast.literal_eval(node.value) if node.value else None
    return found
