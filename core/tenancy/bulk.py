"""Many rows of one noun in one statement, for the few paths that the unit of work is too slow for.

The second door to tenant data, with the wall of the first: a new row is stamped with the session's
tenant and can't choose its id; a change bears the tenant's criterion and can't move a row. What
comes from here is not in the session: expire what the session holds before reading there again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Table

from core.models.base import OwnedMixin, UtcDateTime
from core.tenancy import bulk_sql
from core.tenancy.bulk_values import array_literal, bound
from core.tenancy.session import TenantSession
from core.tenancy.statistics import have_grown
from core.tenancy.wall import UnsafeStatement

Values = Mapping[str, Any]
Columns = dict[str, list[Any]]

_FIXED = frozenset({"id", "tenant_id"})


def insert_rows(
    session: TenantSession, noun: type[OwnedMixin], rows: Sequence[Values]
) -> list[int]:
    """Write new rows; their ids, in the order of `rows`. All rows name the same columns.

    Columns that are left out get their defaults. Raises IntegrityError as a flush would.
    """
    if not rows:
        return []
    table = _table(noun)
    columns = _new(session, table, _columns(rows), len(rows))
    if not _has_arrays(session):
        _run_each(session, bulk_sql.insert_values(table, tuple(columns)), table, columns)
        last: int = session.connection().exec_driver_sql("select last_insert_rowid()").scalar_one()
        return list(range(last - len(rows) + 1, last + 1))  # one writer: nobody came in between
    statement = bulk_sql.insert_arrays(table, tuple(columns), returning="id")
    # ids grow with the rows: PostgreSQL draws them in the order of the SELECT
    ids = sorted(_run_arrays(session, statement, table, columns).scalars())
    have_grown(session.connection(), len(rows))
    return ids


def insert_unnamed(
    session: TenantSession,
    noun: type[OwnedMixin],
    rows: Sequence[Values],
    *,
    skip_known: bool = False,
) -> None:
    """As `insert_rows` where nobody asks for the ids; they still grow in the order of `rows`.

    `skip_known` leaves out the rows that a unique index has already.
    """
    if rows:
        insert_columns(session, noun, _columns(rows), skip_known=skip_known)


def insert_columns(
    session: TenantSession,
    noun: type[OwnedMixin],
    given: Mapping[str, list[Any]],
    *,
    skip_known: bool = False,
) -> None:
    """The same of columns that are equally long: a million words need no mapping each."""
    count = len(next(iter(given.values())))
    if not count:
        return
    table = _table(noun)
    columns = _new(session, table, given, count)
    names = tuple(columns)
    if _has_arrays(session):
        statement = bulk_sql.insert_arrays(table, names, skip_known=skip_known)
        _run_arrays(session, statement, table, columns)
        have_grown(session.connection(), count)
    else:
        statement = bulk_sql.insert_values(table, names, skip_known=skip_known)
        _run_each(session, statement, table, columns)


def update_rows(session: TenantSession, noun: type[OwnedMixin], rows: Sequence[Values]) -> None:
    """Change existing rows. Each of `rows` has its `id` and the same columns to write."""
    if not rows:
        return
    if "tenant_id" in rows[0] or "id" not in rows[0]:
        raise UnsafeStatement("A row's tenant never changes; its id says which one it is.")
    table = _table(noun)
    columns = _columns(rows)
    for each in table.c:
        if each.onupdate is not None and each.name not in columns:
            columns[each.name] = _made(each.onupdate, each, len(rows))
    names = tuple(name for name in columns if name != "id")
    _run_among_ours(session, table, columns, bulk_sql.UPDATE, names)


def delete_rows(session: TenantSession, noun: type[OwnedMixin], rows: Sequence[Values]) -> None:
    """Remove the rows that have these values; all of `rows` name the same columns."""
    if rows:
        columns = _columns(rows)
        _run_among_ours(session, _table(noun), columns, bulk_sql.DELETE, tuple(columns))


def _new(
    session: TenantSession, table: Table, given: Mapping[str, list[Any]], count: int
) -> Columns:
    """The columns of new rows, with the session's stamp and what Python fills in."""
    if not _FIXED.isdisjoint(given):
        raise UnsafeStatement("A new row can't choose its id or its tenant.")
    columns = {**given, "tenant_id": [session.tenant_id] * count}
    for each in table.c:
        if each.default is not None and each.name not in columns:
            columns[each.name] = _made(each.default, each, count)
    return columns


def _columns(rows: Sequence[Values]) -> Columns:
    return {name: [row[name] for row in rows] for name in rows[0]}


def _made(default: Any, column: Any, count: int) -> list[Any]:
    """A column's default, `count` times. All rows of a set have one moment."""
    make = default.arg
    if not callable(make):
        return [make] * count
    if isinstance(column.type, UtcDateTime):
        return [make(None)] * count
    return [make(None) for _ in range(count)]


def _run_among_ours(
    session: TenantSession,
    table: Table,
    columns: Columns,
    kind: bulk_sql.Kind,
    names: tuple[str, ...],
) -> None:
    if _has_arrays(session):
        statement = bulk_sql.among_arrays(table, kind, names)
        _run_arrays(session, statement, table, columns, own_tenant=session.tenant_id)
    else:
        own = [session.tenant_id] * len(columns[names[0]])
        columns = {**columns, bulk_sql.OWN_TENANT: own}
        if kind is bulk_sql.UPDATE:  # there its own name means what is written
            columns[bulk_sql.OWN_ID] = columns.pop("id")
        _run_each(session, bulk_sql.among_ours(table, kind, names), table, columns)


def _run_each(
    session: TenantSession, statement: bulk_sql.Statement, table: Table, columns: Columns
) -> None:
    """SQLite: one row after another, prepared once. The driver gets tuples: SQLAlchemy's own way
    makes a dict of each row and takes three times as long as SQLite does."""
    dialect = session.get_bind().dialect
    text, places = _compiled(statement, dialect)
    values = {
        name: bound(table.c[name].type, dialect, column) if name in table.c else column
        for name, column in columns.items()
    }
    rows = list(zip(*(values[place] for place in places), strict=True))
    session.connection().exec_driver_sql(text, rows)


def _run_arrays(
    session: TenantSession,
    statement: bulk_sql.Statement,
    table: Table,
    columns: Columns,
    **others: Any,
) -> Any:
    """PostgreSQL: each column as one array, written out here: the driver would ask of every value
    anew what type it is."""
    dialect = session.get_bind().dialect
    text, _places = _compiled(statement, dialect)
    arrays = {
        bulk_sql.given(name): array_literal(bound(table.c[name].type, dialect, column))
        for name, column in columns.items()
    }
    return session.connection().exec_driver_sql(text, {**arrays, **others})


@lru_cache(512)  # of a few dozen statements and a handful of engines; tests have many
def _compiled(statement: bulk_sql.Statement, dialect: Any) -> tuple[str, tuple[str, ...]]:
    """The statement as the driver takes it, and what stands at its places, in order."""
    compiled = statement.compile(dialect=dialect)
    return str(compiled), tuple(compiled.positiontup or ())


def _has_arrays(session: TenantSession) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _table(noun: type[OwnedMixin]) -> Table:
    if not issubclass(noun, OwnedMixin):
        raise UnsafeStatement(f"{noun.__name__} must derive from TenantMixin.")
    table: Table = noun.__table__  # type: ignore[attr-defined]  # every mapped class has one
    return table
