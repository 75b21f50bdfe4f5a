"""What the core's migrations build is what the models say, on both databases."""

from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, Table, create_engine, inspect, text
from sqlalchemy.pool import NullPool

import core.models  # noqa: F401 - maps the nouns
from core.config import Settings
from core.host.host import PluginHost
from core.migrations.of_plugins import plugin_migrations
from core.migrations.plugin import CORE, core_tables
from core.migrations.runner import migrate, pending
from core.models.base import Base, is_tenant_table
from core.testing.databases import PostgresServer
from plugins import BUILTIN


def owner(settings: Settings) -> Engine:
    return create_engine(settings.owner_url, poolclass=NullPool)


def core_metadata() -> list[Table]:
    return [table for table in Base.metadata.sorted_tables if CORE.owns(table.name)]


def shipped() -> list[Table]:
    """The core's tables and our plugins', which the templates of the tests hold too."""
    ours = [CORE, *plugin_migrations(PluginHost.load(BUILTIN))]
    return [t for t in Base.metadata.sorted_tables if any(each.owns(t.name) for each in ours)]


def catalogue(connection: Connection) -> set[str]:
    """Every column, constraint and index, as the database words it."""
    if connection.dialect.name == "sqlite":
        return {line for sql in connection.scalars(text(_SQLITE)) for line in _lines(sql)}
    return set(connection.scalars(text(_POSTGRES)))


def _lines(sql: str) -> list[str]:
    head, *rest = [line.strip().rstrip(",") for line in sql.splitlines()]
    return [f"{head} {' '.join(line.split())}" for line in rest or [""]]


_SQLITE = """
SELECT sql FROM sqlite_master
 WHERE sql IS NOT NULL AND tbl_name NOT LIKE 'alembic%' AND type <> 'trigger'
"""
_POSTGRES = """
SELECT concat_ws(' ', table_name, column_name, data_type, character_maximum_length, is_nullable)
  FROM information_schema.columns
 WHERE table_schema = 'public' AND table_name NOT LIKE 'alembic%'
UNION ALL
SELECT concat_ws(' ', conrelid::regclass, conname, contype, pg_get_constraintdef(oid))
  FROM pg_constraint
 WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text NOT LIKE 'alembic%'
   AND contype <> 'n'
UNION ALL
SELECT indexdef FROM pg_indexes
 WHERE schemaname = 'public' AND tablename NOT LIKE 'alembic%'
UNION ALL
SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'
"""


def test_autogenerate_finds_nothing_to_do(settings: Settings) -> None:
    def ours(name: str | None, kind: str, parents: object) -> bool:
        if kind == "index" and settings.is_sqlite and str(name).startswith("ix_conversation_"):
            return False  # Alembic can't read DESC back from SQLite; the next test compares them
        return kind != "table" or CORE.owns(str(name))

    with owner(settings).connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "version_table": CORE.version_table,
                "include_name": ours,
                "include_object": lambda _, name, kind, *__: ours(name, kind, None),
            },
        )
        assert compare_metadata(context, Base.metadata) == []


def test_sqlite_is_worded_as_the_models_word_it(sqlite_settings: Settings, tmp_path: Path) -> None:
    """Stricter than autogenerate, which is blind to CHECKs, partial indexes and AUTOINCREMENT."""
    plain = create_engine(f"sqlite:///{tmp_path / 'plain.db'}", poolclass=NullPool)
    Base.metadata.create_all(plain, tables=shipped())
    with plain.connect() as wanted, owner(sqlite_settings).connect() as found:
        assert catalogue(found) == catalogue(wanted)


def test_postgres_is_worded_as_the_models_word_it(
    postgres_settings: Settings, postgres_server: PostgresServer
) -> None:
    name = postgres_server.create()
    plain = create_engine(postgres_server.url(name), poolclass=NullPool)
    Base.metadata.create_all(plain, tables=shipped())
    with plain.connect() as wanted, owner(postgres_settings).connect() as found:
        assert catalogue(found) == catalogue(wanted)
    postgres_server.drop(name)


def test_core_tables_are_all_that_the_core_maps() -> None:
    mapped = {mapper.local_table.name for mapper in Base.registry.mappers}  # type: ignore[attr-defined]
    assert mapped <= core_tables()
    assert "contact_label" in core_tables()
    assert "ab_user" not in core_tables()
    assert CORE.owns("ab_user")


def test_the_security_version_has_its_one_row(settings: Settings) -> None:
    with owner(settings).connect() as connection:
        assert connection.scalars(text("SELECT version FROM security_version")).all() == [1]


def test_migrating_again_changes_nothing(settings: Settings) -> None:
    with owner(settings).connect() as connection:
        before = catalogue(connection)
    report = migrate(settings)
    with owner(settings).connect() as connection:
        assert catalogue(connection) == before
    assert report.applied == {}
    assert report.roles_created == []


def test_pending_creates_nothing(settings: Settings, tmp_path: Path) -> None:
    assert pending(settings) == {}
    fresh = Settings(home=tmp_path / "fresh")
    assert pending(fresh) == {"core": ["0001"]}
    assert not fresh.home.exists()


def test_every_tenant_table_can_be_walled() -> None:
    """The unique pair, ids that aren't handed out again, and no foreign key across tenants."""
    # associations, lists and words: their key is what they join
    open_by_choice = {
        "contact_label",
        "contact_token",
        "customer_merge_contact",
        "message_token",
    }
    flaws = []
    for table in core_metadata():
        if not is_tenant_table(table):
            continue
        pairs = [tuple(c.columns.keys()) for c in table.constraints if hasattr(c, "columns")]
        if table.name not in open_by_choice:
            if ("tenant_id", "id") not in pairs:
                flaws.append(f"{table.name}: no unique (tenant_id, id)")
            if not table.dialect_options["sqlite"]["autoincrement"]:
                flaws.append(f"{table.name}: SQLite would hand ids out again")
        if table.c.tenant_id.nullable:
            flaws.append(f"{table.name}: tenant_id may be NULL")
        for key in table.foreign_key_constraints:
            if is_tenant_table(key.referred_table) and "tenant_id" not in key.column_keys:
                flaws.append(f"{table.name}.{key.column_keys}: a foreign key without tenant_id")
    assert flaws == []


def test_sqlite_files_are_migrated_in_wal_mode(sqlite_settings: Settings) -> None:
    with owner(sqlite_settings).connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert inspect(connection).has_table("alembic_version_core")
