"""Whose migrations: the core's and each plugin's, with the tables that are theirs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import Table

from core import models
from core.models.base import Base

HERE = Path(__file__).parent


class MigrationFailed(RuntimeError):
    """A migration can't be applied; the sentence says whose and what to do."""


@dataclass(frozen=True)
class PluginMigrations:
    """One plugin's migrations.

    `name` names the version table (`alembic_version_<name>`); the plugin's tables begin with
    `prefix`; `path` is the folder whose `versions/` holds the revisions.
    """

    name: str
    prefix: str
    path: Path

    @property
    def version_table(self) -> str:
        return f"alembic_version_{self.name}"

    def owns(self, table: str) -> bool:
        """True for this plugin's tables. The core's own win: `order_line` is no plugin's."""
        return table.startswith(self.prefix) and not CORE.owns(table)


class _Core(PluginMigrations):
    def owns(self, table: str) -> bool:
        return table.startswith("ab_") or table in core_tables()


@cache
def core_tables() -> frozenset[str]:
    """The names of the tables that `core.models` exports."""
    exported = (getattr(models, name) for name in models.__all__)
    tables = (getattr(noun, "__table__", noun) for noun in exported)
    return frozenset(table.name for table in tables if isinstance(table, Table))


CORE = _Core(name="core", prefix="", path=HERE)


def mapped_tables(plugin: PluginMigrations) -> list[Table]:
    """The plugin's tables in the metadata, parents first."""
    return [table for table in Base.metadata.sorted_tables if plugin.owns(table.name)]


def refuse_open_tables(plugins: Iterable[PluginMigrations]) -> None:
    """Refuse a table that row-level security couldn't cover, before anything is changed."""
    for plugin in plugins:
        for table in mapped_tables(plugin):
            if "tenant_id" not in table.c and not table.info.get("system"):
                raise MigrationFailed(open_table(plugin, table.name))


def open_table(plugin: PluginMigrations, table: str) -> str:
    return (
        f"The table {table} of {plugin.name} has no tenant_id: derive its class from TenantMixin, "
        'or say info={"system": True} in __table_args__ where it holds no tenant\'s data.'
    )
