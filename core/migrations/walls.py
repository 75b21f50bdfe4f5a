"""The second wall: grants and row-level security on every table, brought up to date."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql
from sqlalchemy import Connection, text

from core.migrations.plugin import CORE, MigrationFailed, PluginMigrations, open_table
from core.migrations.roles import Roles, run
from core.models.base import Base

ROWS = "SELECT, INSERT, UPDATE, DELETE"

# What the bound role may do with the tables that no tenant owns. A table that isn't named here
# may be read only: FAB's screens write ab_*, signing out writes user_state, and that is all.
APP_RIGHTS = {
    # switching a plugin on or off; the first allocation of an agent
    "tenant": "SELECT, UPDATE (switch_version, limits_agents, stop_words, start_words, updated_at)",
    "plan": "SELECT",
    "user_state": "SELECT, INSERT, UPDATE",
    "security_version": "SELECT, UPDATE",
    "schedule": "",
    "process": "",
}


@dataclass(frozen=True)
class _Table:
    name: str
    is_walled: bool  # row-level security belongs on it
    is_secured: bool
    is_forced: bool
    policies: frozenset[str]


def lower_walls(connection: Connection, plugin: PluginMigrations) -> None:
    """Let the owner see its own tables' rows: under FORCE a data migration would find none.

    Inside the migration's transaction; `raise_walls` puts FORCE back before it ends.
    """
    for table in _tables(connection, plugin):
        if table.is_forced:
            run(connection, _alter(table.name, "NO FORCE ROW LEVEL SECURITY"))


def raise_walls(connection: Connection, plugin: PluginMigrations, roles: Roles) -> None:
    """Bring grants and policies of the plugin's tables up to date. Changes only what differs."""
    system_bypasses = connection.execute(
        text("SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = :role"),
        {"role": roles.system},
    ).scalar_one()
    for table in _tables(connection, plugin):
        _grant(connection, table.name, roles.app, app_rights(table))
        _grant(connection, table.name, roles.system, ROWS)
        if not table.is_walled:
            continue
        # ALTER TABLE waits for every reader: only where something is to be changed
        if not table.is_secured:
            run(connection, _alter(table.name, "ENABLE ROW LEVEL SECURITY"))
        if not table.is_forced:
            run(connection, _alter(table.name, "FORCE ROW LEVEL SECURITY"))
        if "sapa_tenant" not in table.policies:
            run(connection, sql.SQL(TENANT_POLICY).format(sql.Identifier(table.name)))
        if not system_bypasses and "sapa_system" not in table.policies:
            run(
                connection,
                sql.SQL(SYSTEM_POLICY).format(
                    sql.Identifier(table.name), sql.Identifier(roles.system)
                ),
            )
    for role in (roles.app, roles.system):  # a process must be able to ask whether it may start
        _grant(connection, plugin.version_table, role, "SELECT")


# An unset parameter reads NULL at first and '' after the transaction that set it: both match none.
TENANT_POLICY = """
CREATE POLICY sapa_tenant ON {0}
USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::int)
WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::int)
"""
SYSTEM_POLICY = "CREATE POLICY sapa_system ON {0} TO {1} USING (true) WITH CHECK (true)"


def app_rights(table: _Table) -> str:
    """The privileges of the bound role on a table, as GRANT writes them; '' for none."""
    if table.is_walled or table.name.startswith("ab_"):
        return ROWS
    return APP_RIGHTS.get(table.name, "SELECT")


def _grant(connection: Connection, table: str, role: str, rights: str) -> None:
    name, to = sql.Identifier(table), sql.Identifier(role)
    run(connection, sql.SQL("REVOKE ALL ON {} FROM {}").format(name, to))
    if not rights:
        return
    run(connection, sql.SQL(f"GRANT {rights} ON {{}} TO {{}}").format(name, to))
    if "INSERT" not in rights:
        return
    for sequence in connection.execute(_SEQUENCES, {"table": table}).scalars():
        run(
            connection,
            sql.SQL("GRANT USAGE, SELECT ON SEQUENCE {} TO {}").format(
                sql.Identifier(sequence), to
            ),
        )


def _alter(table: str, what: str) -> sql.Composed:
    return sql.SQL("ALTER TABLE {} ").format(sql.Identifier(table)) + sql.SQL(what)


def _tables(connection: Connection, plugin: PluginMigrations) -> list[_Table]:
    found = []
    for row in connection.execute(_TABLES).all():
        if not plugin.owns(row.name):
            continue
        mapped = Base.metadata.tables.get(row.name)
        info = mapped.info if mapped is not None else {}
        is_system = bool(info.get("system")) or plugin.name == CORE.name
        if not row.has_tenant and not is_system:
            raise MigrationFailed(open_table(plugin, row.name))
        open_by_choice = info.get("system") and not info.get("row_security")
        found.append(
            _Table(
                name=row.name,
                is_walled=row.has_tenant and not open_by_choice,
                is_secured=row.relrowsecurity,
                is_forced=row.relforcerowsecurity,
                policies=frozenset(row.policies),
            )
        )
    return found


_TABLES = text("""
SELECT c.relname AS name, c.relrowsecurity, c.relforcerowsecurity,
  EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid
          AND a.attname = 'tenant_id' AND NOT a.attisdropped) AS has_tenant,
  ARRAY(SELECT p.polname::text FROM pg_policy p WHERE p.polrelid = c.oid) AS policies
FROM pg_class c
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
ORDER BY c.relname
""")

_SEQUENCES = text("""
SELECT s.relname FROM pg_class s
JOIN pg_depend d ON d.objid = s.oid AND d.deptype IN ('a', 'i')
  AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
WHERE s.relkind = 'S' AND d.refobjid = quote_ident(:table)::regclass
""")
