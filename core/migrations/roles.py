"""PostgreSQL's two roles: `sapa_app`, which row-level security binds, and `sapa_system`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import sql
from sqlalchemy import Connection, make_url, text

from core.config import Settings
from core.database_urls import derived_urls, keep_urls
from core.db import Database
from core.migrations.plugin import MigrationFailed


class UnsafeRole(RuntimeError):
    """The web or the workers log in as a role that row-level security doesn't bind."""


@dataclass(frozen=True)
class Roles:
    """The names of the roles, and those of them that this run created."""

    app: str
    system: str
    created: tuple[str, ...] = ()


def run(connection: Connection, statement: sql.Composed | sql.SQL) -> None:
    """Execute a statement whose names psycopg has quoted (DDL takes no parameters)."""
    cursor: Any = connection.connection.cursor()  # psycopg's own takes a Composed, DBAPI's a str
    with cursor:
        cursor.execute(statement)


def ensure_roles(connection: Connection, settings: Settings) -> Roles:
    """The roles of the app's and the system's URL, created where they are missing.

    With one URL only, both URLs are derived from it first and kept in `database.json`.
    """
    if not settings.system_database_url:
        _derive(connection, settings)
    app, system = make_url(settings.app_url), make_url(settings.system_url)
    if not app.username or not system.username:
        raise MigrationFailed("The database URLs of the app and the system must name their users.")
    created = []
    for url, bypass in ((app, False), (system, True)):
        assert url.username is not None  # noqa: S101 - for the type checker; checked above
        if not _exists(connection, url.username):
            _create(connection, url.username, url.password, bypass=bypass)
            created.append(url.username)
    return Roles(app.username, system.username, tuple(created))


def _derive(connection: Connection, settings: Settings) -> None:
    if derived_urls(settings) is not None:
        return
    names = ["sapa_app", "sapa_system"] if settings.derives_app_url else ["sapa_system"]
    for name in names:
        if _exists(connection, name):
            raise MigrationFailed(
                f"The role {name} exists, and {settings.home / 'database.json'}, where its "
                "password was kept, does not. Set SAPA_OWNER_DATABASE_URL (who migrates), "
                "SAPA_DATABASE_URL (sapa_app) and SAPA_SYSTEM_DATABASE_URL (sapa_system), or "
                f"drop the role: DROP OWNED BY {name}; DROP ROLE {name};"
            )
    keep_urls(settings)


def _exists(connection: Connection, role: str) -> bool:
    found = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role})
    return found.first() is not None


def _create(connection: Connection, role: str, password: str | None, *, bypass: bool) -> None:
    me = connection.execute(
        text("SELECT rolname, rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user")
    ).one()
    if not (me.rolsuper or me.rolcreaterole):
        raise MigrationFailed(
            f"The role {role} doesn't exist and {me.rolname} may not create it. As a superuser: "
            "CREATE ROLE sapa_app LOGIN PASSWORD '…'; "
            "CREATE ROLE sapa_system LOGIN BYPASSRLS PASSWORD '…'; then put them into "
            "SAPA_DATABASE_URL and SAPA_SYSTEM_DATABASE_URL, and the owner into "
            "SAPA_OWNER_DATABASE_URL."
        )
    statement = sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role))
    if password:
        # hashed here: the server's log may keep statements
        pgconn: Any = connection.connection.dbapi_connection
        hashed = pgconn.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
        statement += sql.SQL(" PASSWORD {}").format(sql.Literal(hashed.decode()))
    if not bypass:
        run(connection, statement)
        return
    # Who may not give BYPASSRLS (most hosted databases): a policy serves instead, see walls.py.
    savepoint = connection.begin_nested()
    try:
        run(connection, statement + sql.SQL(" BYPASSRLS"))
    except Exception as error:
        if getattr(error, "sqlstate", None) != "42501":  # insufficient_privilege
            raise
        savepoint.rollback()
        run(connection, statement)
    else:
        savepoint.commit()


def refuse_unbound_role(database: Database) -> None:
    """Raise UnsafeRole where PostgreSQL would not hold the wall. For web and workers, at start."""
    if database.is_sqlite:
        return
    with database.engine.connect() as connection:
        role = connection.execute(_BOUND).one()
    for is_true, why in (
        (role.rolsuper, "is a superuser"),
        (role.bypasses, "bypasses row-level security (BYPASSRLS)"),
        (role.owns, "owns Sapa's tables"),
    ):
        if is_true:
            raise UnsafeRole(
                f"The database role {role.rolname} {why}, so nothing would keep tenants apart. "
                "Give its URL to `sapa migrate` (as SAPA_OWNER_DATABASE_URL, or alone as "
                "SAPA_DATABASE_URL), and let the web and the workers use the role sapa_app."
            )
    if role.open_tables:
        raise UnsafeRole(f"Row-level security is off on {role.open_tables}: run `sapa migrate`.")
    with database.system_engine.connect() as connection:
        system = connection.execute(_SYSTEM).one()
    if not system.sees_all:
        raise UnsafeRole(
            f"The system's database role {system.rolname} sees no tenant's rows: run "
            "`sapa migrate`, or set SAPA_SYSTEM_DATABASE_URL to a role with BYPASSRLS."
        )


# A member of a role can become it (SET ROLE), so membership counts as being.
_BOUND = text("""
SELECT me.rolname, me.rolsuper,
  EXISTS (SELECT 1 FROM pg_roles r WHERE (r.rolbypassrls OR r.rolsuper)
          AND pg_has_role(me.oid, r.oid, 'MEMBER')) AS bypasses,
  EXISTS (SELECT 1 FROM pg_class c WHERE c.relname IN ('membership', 'contact', 'message')
          AND c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
          AND pg_has_role(me.oid, c.relowner, 'MEMBER')) AS owns,
  (SELECT string_agg(c.relname, ', ' ORDER BY c.relname)
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
      AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
      AND has_table_privilege(me.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE')) AS open_tables
FROM pg_roles me WHERE me.rolname = current_user
""")

_SYSTEM = text("""
SELECT me.rolname, me.rolsuper OR me.rolbypassrls
  OR EXISTS (SELECT 1 FROM pg_policy p WHERE p.polname = 'sapa_system'
             AND me.oid = ANY (p.polroles)) AS sees_all
FROM pg_roles me WHERE me.rolname = current_user
""")
