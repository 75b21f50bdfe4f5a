"""The statements of `core.tenancy.bulk`, built once for each table and set of columns.

PostgreSQL takes a column as one array (`insert … select … from unnest(…)`): the statement stays
short and is prepared once, however many rows there are. A VALUES list of a thousand rows spends
more time being parsed, by the driver alone, than being executed. SQLite has no arrays: there a
statement is prepared once and run for each row.
"""

from __future__ import annotations

from enum import Enum
from functools import cache
from typing import Any

from sqlalchemy import (
    Delete,
    Insert,
    Table,
    TableValuedAlias,
    Update,
    and_,
    bindparam,
    column,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

Names = tuple[str, ...]
Statement = Insert | Update | Delete


class Kind(Enum):
    """What is done to rows that are there."""

    UPDATE = "update"
    DELETE = "delete"


UPDATE, DELETE = Kind.UPDATE, Kind.DELETE

PLACE = "row_number_"  # of a row among the others
OWN_TENANT, OWN_ID = "own_tenant", "own_id"


@cache
def insert_arrays(
    table: Table, names: Names, *, skip_known: bool = False, returning: str = ""
) -> Insert:
    """PostgreSQL: rows from one array for each of `names`, in their order."""
    rows = _unnested(table, names)
    chosen = select(*(rows.c[name] for name in names))
    if "id" in table.c:  # ids grow with the rows; a word has none, and a sort of many goes to disk
        chosen = chosen.order_by(rows.c[PLACE])
    statement = postgresql.insert(table).from_select(names, chosen, include_defaults=False)
    if returning:
        return statement.returning(table.c[returning])
    return statement.on_conflict_do_nothing() if skip_known else statement


@cache
def insert_values(table: Table, names: Names, *, skip_known: bool = False) -> Insert:
    """SQLite: one row."""
    statement = sqlite.insert(table).values({name: bindparam(name) for name in names})
    return statement.on_conflict_do_nothing() if skip_known else statement


@cache
def among_arrays(table: Table, kind: Kind, names: Names) -> Statement:
    """PostgreSQL: write `names` of our rows whose ids come in the array `id`, or delete our rows
    that have the values in the arrays `names`."""
    ours = table.c.tenant_id == bindparam(OWN_TENANT)
    if kind is Kind.DELETE:
        rows = _unnested(table, names)
        same = (table.c[name] == rows.c[name] for name in names)
        return delete(table).where(ours, *same)
    rows = _unnested(table, ("id", *names))
    return (
        update(table)
        .where(ours, table.c.id == rows.c.id)
        .values({name: rows.c[name] for name in names})
    )


@cache
def among_ours(table: Table, kind: Kind, names: Names) -> Statement:
    """SQLite: the same for one row."""
    ours = table.c.tenant_id == bindparam(OWN_TENANT)
    if kind is Kind.DELETE:
        return delete(table).where(
            and_(ours, *(table.c[each] == bindparam(each) for each in names))
        )
    return (
        update(table)
        .where(ours, table.c.id == bindparam(OWN_ID))
        .values({name: bindparam(name) for name in names})
    )


def given(name: str) -> str:
    """What the array of a column is called among the parameters: its own name is taken."""
    return f"given_{name}"


def _unnested(table: Table, names: Names) -> TableValuedAlias:
    # of one dimension: a list in a JSON column is one value, no second dimension to be unnested too
    arrays = [
        bindparam(given(name), type_=postgresql.ARRAY(table.c[name].type, dimensions=1))
        for name in names
    ]
    columns: list[Any] = [column(name, table.c[name].type) for name in names]
    unnested = func.unnest(*arrays).table_valued(*columns, with_ordinality=PLACE, name="given")
    return unnested.render_derived()
