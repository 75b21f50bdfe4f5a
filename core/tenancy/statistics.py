"""Telling PostgreSQL's planner in time what many new rows have made of a table."""

from __future__ import annotations

from sqlalchemy import Connection

NAME = "sapa_analyze"
"""The function that `core.migrations.statistics` makes. Serving SQLite needs no driver for it."""

FIRST, MOST = 500, 10_000
"""Rows that a connection writes before it asks for a look: twice as many until the next, and never
more than so many. A look costs 2 ms where nothing has grown."""

_WRITTEN, _NEXT = "sapa_rows_written", "sapa_rows_until_look"


def have_grown(connection: Connection, count: int) -> None:
    """`count` rows were written in a set: now and then, have tables that grew looked at.

    Autovacuum does it too, within a minute; until then a fresh installation plans as if its tables
    were empty (`core.migrations.statistics`).
    """
    info = connection.info
    info[_WRITTEN] = written = info.get(_WRITTEN, 0) + count
    if written >= info.get(_NEXT, FIRST):
        info[_NEXT] = written + min(max(written, FIRST), MOST)
        connection.exec_driver_sql(f"select {NAME}()")
