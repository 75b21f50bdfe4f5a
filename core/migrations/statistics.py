"""PostgreSQL's statistics for tables that grow faster than autovacuum comes by (once a minute).

Without any, every index that begins with `tenant_id` looks as good as the key, and the checks of
foreign keys read a whole tenant for each row: 3,000 new contacts read 19 million index entries, and
the first sync of a fresh installation was quadratic. The application's role may not ANALYZE what it
doesn't own, so it may call one function, which takes nothing and says nothing.
"""

from __future__ import annotations

from psycopg import sql
from sqlalchemy import Connection

from core.migrations.roles import Roles, run
from core.tenancy.statistics import NAME

# never looked at, or four times as large as then; SKIP_LOCKED: nobody waits for another's look
_FUNCTION = """
CREATE OR REPLACE FUNCTION sapa_analyze() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE grown regclass;
BEGIN
  FOR grown IN
    SELECT c.oid::regclass FROM pg_class c
    WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
      AND c.relowner = current_user::regrole
      AND pg_relation_size(c.oid) >= 8 * 8192
      AND (c.reltuples < 0 OR pg_relation_size(c.oid) >= 4 * 8192 * greatest(c.relpages, 1)::bigint)
    ORDER BY c.oid
  LOOP
    EXECUTE format('ANALYZE (SKIP_LOCKED) %s', grown);
  END LOOP;
END $$
"""


def let_analyze(connection: Connection, roles: Roles) -> None:
    """Make the function, for both roles and nobody else."""
    connection.exec_driver_sql(_FUNCTION.replace("%", "%%"))
    connection.exec_driver_sql(f"REVOKE ALL ON FUNCTION {NAME}() FROM PUBLIC")
    for role in (roles.app, roles.system):
        run(
            connection,
            sql.SQL("GRANT EXECUTE ON FUNCTION {}() TO {}").format(
                sql.Identifier(NAME), sql.Identifier(role)
            ),
        )
