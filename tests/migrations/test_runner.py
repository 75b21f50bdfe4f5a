"""Plugins' migrations, roles, one URL, and two runs at once."""

from __future__ import annotations

import shutil
import stat
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, Table, create_engine, inspect, text
from sqlalchemy.pool import NullPool

from core.config import Settings
from core.db import Database
from core.migrations import plugin as parts
from core.migrations import runner
from core.migrations.plugin import CORE, MigrationFailed, PluginMigrations
from core.migrations.roles import UnsafeRole, refuse_unbound_role
from core.migrations.runner import downgrade_plugin, migrate, pending
from core.models.base import Base
from core.testing.databases import PostgresServer

REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {down}


def upgrade():
{upgrade}


def downgrade():
{downgrade}
"""
TABLE = """
    op.create_table(
        "fake_thing",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("tenant_id", sa.Integer(), sa.ForeignKey("tenant.id"), nullable=False),
    )
"""


def write_revision(
    folder: Path, revision: str, down: str | None, upgrade: str, downgrade: str = "    pass"
) -> None:
    (folder / "versions").mkdir(parents=True, exist_ok=True)
    (folder / "versions" / f"{revision}.py").write_text(
        REVISION.format(revision=revision, down=repr(down), upgrade=upgrade, downgrade=downgrade)
    )


@pytest.fixture
def fake(tmp_path: Path) -> PluginMigrations:
    folder = tmp_path / "fake"
    write_revision(folder, "f1", None, TABLE, '    op.drop_table("fake_thing")')
    return PluginMigrations("fake", "fake_", folder)


def tables(settings: Settings) -> set[str]:
    engine = create_engine(settings.owner_url, poolclass=NullPool)
    return set(inspect(engine).get_table_names())


def run(settings: Settings, statement: str) -> list[tuple[object, ...]]:
    engine = create_engine(settings.owner_url, poolclass=NullPool)
    with engine.begin() as connection:
        result = connection.execute(text(statement))
        return [tuple(row) for row in result] if result.returns_rows else []


def test_a_plugin_has_its_own_version_table(settings: Settings, fake: PluginMigrations) -> None:
    assert pending(settings, [fake]) == {"fake": ["f1"]}
    assert migrate(settings, [fake]).applied == {"fake": ["f1"]}
    assert pending(settings, [fake]) == {}
    assert {"fake_thing", "alembic_version_fake"} <= tables(settings)


def test_a_plugins_table_is_walled_and_granted(
    postgres_settings: Settings, fake: PluginMigrations
) -> None:
    migrate(postgres_settings, [fake])
    refuse_unbound_role(Database(postgres_settings))
    secured = "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname='fake_thing'"
    assert run(postgres_settings, secured) == [(True, True)]
    engine = create_engine(postgres_settings.app_url, poolclass=NullPool)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT * FROM fake_thing")).all() == []


def test_uninstalling_takes_the_tables_and_the_version_table(
    settings: Settings, fake: PluginMigrations
) -> None:
    migrate(settings, [fake])
    downgrade_plugin(settings, fake)
    assert not {"fake_thing", "alembic_version_fake"} & tables(settings)
    downgrade_plugin(settings, fake)  # again: nothing to do
    assert migrate(settings, [fake]).applied == {"fake": ["f1"]}


def test_a_plugin_that_is_gone_does_not_block_the_core(
    settings: Settings, fake: PluginMigrations, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(settings, [fake])
    newer = tmp_path / "newer"
    shutil.copytree(CORE.path / "versions", newer / "versions")
    write_revision(
        newer, "0002", "0001", '    op.add_column("plan", sa.Column("extra", sa.Text()))'
    )
    monkeypatch.setattr(parts, "CORE", replace(CORE, path=newer))
    assert migrate(settings).applied == {"core": ["0002"]}
    assert "fake_thing" in tables(settings)


def test_an_older_version_says_that_the_database_is_newer(
    settings: Settings, fake: PluginMigrations
) -> None:
    migrate(settings, [fake])
    run(settings, "UPDATE alembic_version_fake SET version_num = 'f9'")
    with pytest.raises(MigrationFailed, match="f9"):
        pending(settings, [fake])
    with pytest.raises(MigrationFailed, match="f9"):
        migrate(settings, [fake])


def test_a_failing_migration_leaves_nothing_behind(settings: Settings, tmp_path: Path) -> None:
    write_revision(tmp_path / "bad", "b1", None, TABLE + "    raise ValueError('no')")
    with pytest.raises(MigrationFailed, match=r"fake.*no"):
        migrate(settings, [PluginMigrations("fake", "fake_", tmp_path / "bad")])
    assert "fake_thing" not in tables(settings)


def test_a_data_migration_sees_every_tenants_rows(
    settings: Settings, fake: PluginMigrations
) -> None:
    migrate(settings, [fake])
    run(settings, "INSERT INTO plan VALUES (1, 'p', 'P', '[]', '{}', 0)".replace("{}", "{}"))
    run(
        settings,
        "INSERT INTO tenant (slug, name, plan_id, time_zone, default_region, number_style, locale, "
        "is_active, switch_version, limits_agents, created_at, updated_at) VALUES "
        "('a', 'a', 1, 'UTC', 'ID', 'plus', 'en', true, 0, false, '2026-01-01', '2026-01-01')",
    )
    run(settings, "INSERT INTO fake_thing (tenant_id) SELECT id FROM tenant")
    write_revision(fake.path, "f2", "f1", '    op.execute("UPDATE fake_thing SET id = 77")')
    runner.script_of.cache_clear()
    migrate(settings, [fake])
    assert run(settings, "SELECT id FROM fake_thing") == [(77,)]


@pytest.fixture
def open_table() -> Iterator[Table]:
    table = Table("fake_open", Base.metadata, Column("id", Integer, primary_key=True))
    yield table
    Base.metadata.remove(table)


def test_a_plugins_table_without_a_tenant_is_refused(
    settings: Settings, fake: PluginMigrations, open_table: Table
) -> None:
    with pytest.raises(MigrationFailed, match="fake_open of fake has no tenant_id"):
        migrate(settings, [fake])
    assert "fake_thing" not in tables(settings)
    open_table.info["system"] = True
    assert migrate(settings, [fake]).applied == {"fake": ["f1"]}


def test_an_unmapped_table_without_a_tenant_is_refused_too(
    postgres_settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "loose"
    write_revision(folder, "l1", None, '    op.execute("CREATE TABLE fake_loose (id int)")')
    with pytest.raises(MigrationFailed, match="fake_loose of fake has no tenant_id"):
        migrate(postgres_settings, [PluginMigrations("fake", "fake_", folder)])
    assert "fake_loose" not in tables(postgres_settings)


def test_a_plugin_does_not_own_the_cores_tables() -> None:
    assert not PluginMigrations("order", "order_", Path()).owns("order_line")
    assert PluginMigrations("order", "order_", Path()).owns("order_gift")


def test_two_runs_at_once(
    request: pytest.FixtureRequest, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    postgres = postgres_server.settings(postgres_server.create(), tmp_path / "pg")
    request.getfixturevalue("postgres_template")  # the roles are there
    for settings in (Settings(home=tmp_path / "lite"), postgres):
        with ThreadPoolExecutor(4) as pool:
            reports = list(pool.map(migrate, [settings] * 4))
        assert sum("core" in report.applied for report in reports) == 1
        assert pending(settings) == {}


def test_one_url_is_enough(tmp_path: Path) -> None:
    """With a server of its own: roles belong to the whole server."""
    from core.testing.databases import run_postgres

    with run_postgres() as server:
        server.run("CREATE ROLE boss LOGIN CREATEROLE CREATEDB PASSWORD 'x'")
        server.run("CREATE DATABASE shop OWNER boss")
        settings = Settings(home=tmp_path, database_url=server.url("shop", "boss"))
        before = Database(settings)
        with pytest.raises(UnsafeRole):  # before the first migration: the owner itself
            refuse_unbound_role(before)
        assert set(migrate(settings).roles_created) == {"sapa_app", "sapa_system"}
        kept = tmp_path / "database.json"
        if sys.platform != "win32":
            assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        again = Settings(home=tmp_path, database_url=server.url("shop", "boss"))
        assert "sapa_app" in again.app_url
        assert "sapa_system" in again.system_url
        database = Database(again)
        refuse_unbound_role(database)
        with database.system() as session:
            assert session.scalar(text("SELECT count(*) FROM contact")) == 0
        assert migrate(again).roles_created == []
        kept.unlink()
        with pytest.raises(MigrationFailed, match="SAPA_SYSTEM_DATABASE_URL"):
            migrate(again)
        before.dispose()
        database.dispose()


def test_an_owner_who_may_not_create_roles_is_told_what_to_do(tmp_path: Path) -> None:
    from core.testing.databases import run_postgres

    with run_postgres() as server:
        server.run("CREATE ROLE boss LOGIN")
        server.run("CREATE DATABASE shop OWNER boss")
        with pytest.raises(MigrationFailed, match="CREATE ROLE sapa_system LOGIN BYPASSRLS"):
            migrate(Settings(home=tmp_path, database_url=server.url("shop", "boss")))
