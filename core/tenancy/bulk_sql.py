"""The statements of `core.tenancy.bulk`, built once for each table and set of columns.

PostgreSQL takes a column as one array (`insert … select … from unnest(…)`): the statement stays
short and is prepared once, however many rows there are. A VALUES list of a thousand rows spends
more time being parsed, by the driver alone, than being executed. SQLite has no arrays.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import (
    Insert,
    Table,
    TableValuedAlias,
    Update,
    bindparam,
    column,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

Names = tuple[str, ...]

PLACE = "row_number_"  # of a row among the others


@cache
def insert_arrays(table: Table, names: Names, *, skip_known: bool) -> Insert:
    """PostgreSQL: rows from one array for each of `names`, in their order."""
    rows = _unnested(table, names)
    chosen = select(*(rows.c[name] for name in names)).order_by(rows.c[PLACE])
    statement = postgresql.insert(table).from_select(names, chosen, include_defaults=False)
    return statement.on_conflict_do_nothing() if skip_known else statement


@cache
def insert_values(table: Table, *, skip_known: bool) -> Insert:
    """SQLite: one row, or as many as the parameters."""
    statement = sqlite.insert(table)
    return statement.on_conflict_do_nothing() if skip_known else statement


@cache
def update_arrays(table: Table, names: Names) -> Update:
    """PostgreSQL: write `names` of the rows whose ids come in the array `id`."""
    rows = _unnested(table, ("id", *names))
    return (
        update(table)
        .where(table.c.tenant_id == bindparam("own_tenant"), table.c.id == rows.c.id)
        .values({name: rows.c[name] for name in names})
    )


@cache
def update_one(table: Table, names: Names) -> Update:
    """SQLite: write `names` of the row `own_id`, once for each set of parameters."""
    return (
        update(table)
        .where(table.c.tenant_id == bindparam("own_tenant"), table.c.id == bindparam("own_id"))
        .values({name: bindparam(name) for name in names})
    )


def given(name: str) -> str:
    """What the array of a column is called among the parameters: its own name is taken."""
    return f"given_{name}"


def _unnested(table: Table, names: Names) -> TableValuedAlias:
    # one dimension: a list that a JSON column holds is a value, and no array within the array
    arrays = [
        bindparam(given(name), type_=postgresql.ARRAY(table.c[name].type, dimensions=1))
        for name in names
    ]
    columns: list[Any] = [column(name, table.c[name].type) for name in names]
    unnested = func.unnest(*arrays).table_valued(*columns, with_ordinality=PLACE, name="given")
    return unnested.render_derived()
