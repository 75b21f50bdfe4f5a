"""PostgreSQL databases that go from test to test: emptied in 10 ms instead of copied in 500.

`CREATE DATABASE … TEMPLATE` writes 10 MB for each test; deleting the few rows that a test wrote and
putting the template's back costs a hundredth of it. A test that changed the schema, or left a lock
that can't be broken, loses its database, and the next one gets a new copy.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from core.testing.databases import PostgresServer

# what changes when a schema does: every catalogue row's version, but those of later tables
_SHAPE = """
SELECT md5(string_agg(row, ',' ORDER BY row)) FROM (
    SELECT 'class' || oid || ':' || xmin AS row FROM pg_class WHERE oid >= 16384
    UNION ALL SELECT 'attribute' || attrelid || attname || xmin FROM pg_attribute
        WHERE attrelid >= 16384
    UNION ALL SELECT 'constraint' || oid || ':' || xmin FROM pg_constraint WHERE oid >= 16384
    UNION ALL SELECT 'policy' || oid || ':' || xmin FROM pg_policy
    UNION ALL SELECT 'trigger' || oid || ':' || xmin FROM pg_trigger
    UNION ALL SELECT 'function' || oid || ':' || xmin FROM pg_proc WHERE oid >= 16384
    UNION ALL SELECT 'schema' || oid || ':' || xmin FROM pg_namespace
    UNION ALL SELECT 'default' || oid || ':' || xmin FROM pg_attrdef
) AS rows
"""
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
_SEQUENCES = "SELECT sequencename, last_value, start_value FROM pg_sequences"
_OTHERS = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@dataclass
class Contents:
    """What a template holds: its tables, the rows of those that have some, its sequences."""

    tables: list[str]
    rows: dict[str, bytes]
    sequences: list[tuple[str, int | None, int]]


@dataclass
class Lender:
    """Lends copies of `template`."""

    server: PostgresServer
    template: str
    _contents: Contents | None = None
    _free: list[str] = field(default_factory=list)
    _shapes: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def lend(self) -> Iterator[str]:
        """The name of a database that is as the template is."""
        name = self._free.pop() if self._free else self._copy()
        try:
            yield name
        finally:
            if self.put_back(name):
                self._free.append(name)
            else:
                del self._shapes[name]
                self.server.drop(name)

    def _copy(self) -> str:
        if self._contents is None:
            with self._connect(self.template) as connection:
                self._contents = _contents(connection)
        name = self.server.create(self.template)
        with self._connect(name) as connection:
            self._shapes[name] = _one(connection, _SHAPE)
        return name

    def put_back(self, name: str) -> bool:
        """Make a lent database as the template is, and end what is connected to it.

        False if it can't be: its schema is another now.
        """
        assert self._contents is not None
        try:
            with self._connect(name) as connection:
                connection.execute(_OTHERS)
                _drop_others(connection, self._contents)
                if _one(connection, _SHAPE) != self._shapes[name]:
                    return False
                _put_back(connection, self._contents)
        except psycopg.Error:
            return False
        return True

    def _connect(self, database: str) -> psycopg.Connection[Any]:
        connection = psycopg.connect(host=self.server.host, user="postgres", dbname=database)
        # replica: without foreign keys' triggers rows may go in any order
        connection.execute("SET lock_timeout = '5s'; SET session_replication_role = replica")
        return connection


def _contents(connection: psycopg.Connection[Any]) -> Contents:
    tables = [row[0] for row in connection.execute(_TABLES)]
    rows = {}
    for table in tables:
        with connection.cursor().copy(_copying("COPY {} TO STDOUT", table)) as copied:
            if text := b"".join(bytes(part) for part in copied):
                rows[table] = text
    return Contents(tables, rows, connection.execute(_SEQUENCES).fetchall())


def _drop_others(connection: psycopg.Connection[Any], contents: Contents) -> None:
    for (table,) in connection.execute(_TABLES).fetchall():
        if table not in contents.tables:
            connection.execute(_copying("DROP TABLE IF EXISTS {} CASCADE", table))


def _put_back(connection: psycopg.Connection[Any], contents: Contents) -> None:
    deletes = [_copying("DELETE FROM {}", table) for table in contents.tables]
    connection.execute(sql.SQL("; ").join(deletes))
    for table, text in contents.rows.items():
        with connection.cursor().copy(_copying("COPY {} FROM STDIN", table)) as copied:
            copied.write(text)
    starts = [
        sql.SQL("setval({}, {}, {})").format(
            sql.Literal(f'"{name}"'), start if last is None else last, last is not None
        )
        for name, last, start in contents.sequences
    ]
    connection.execute(sql.SQL("SELECT {}").format(sql.SQL(", ").join(starts)))


def _copying(statement: str, table: str) -> sql.Composed:
    return sql.SQL(statement).format(sql.Identifier(table))


def _one(connection: psycopg.Connection[Any], statement: str) -> str:
    row = connection.execute(statement).fetchone()
    return str(row[0]) if row else ""
