"""Many rows of one noun in one statement, for the few paths that the unit of work is too slow for.

The second door to tenant data, with the wall of the first: a new row is stamped with the session's
tenant and can't choose its id; a change bears the tenant's criterion and can't move a row. What
comes from here is not in the session: expire what the session holds before reading there again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Insert, Table

from core.models.base import OwnedMixin
from core.tenancy import bulk_sql
from core.tenancy.session import TenantSession
from core.tenancy.wall import UnsafeStatement

Values = Mapping[str, Any]

_FIXED = frozenset({"id", "tenant_id"})
_OWN_WALL = {"tenant_unsafe": True}


def insert_rows(
    session: TenantSession, noun: type[OwnedMixin], rows: Sequence[Values]
) -> list[int]:
    """Write new rows; their ids, in the order of `rows`. All rows name the same columns.

    Columns that are left out get their defaults. Raises IntegrityError as a flush would.
    """
    if not rows:
        return []
    table = _table(noun)
    statement, values = _insert(session, table, rows)
    found = session.execute(statement.returning(table.c.id), values, execution_options=_OWN_WALL)
    # ids grow with the rows: PostgreSQL draws them in the order of the SELECT, SQLite counts up
    return sorted(found.scalars())


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
        statement, values = _insert(session, _table(noun), rows, skip_known=skip_known)
        session.execute(statement, values, execution_options=_OWN_WALL)


def update_rows(session: TenantSession, noun: type[OwnedMixin], rows: Sequence[Values]) -> None:
    """Change existing rows. Each of `rows` has its `id` and the same columns to write."""
    if not rows:
        return
    names = tuple(name for name in rows[0] if name != "id")
    if "tenant_id" in names or "id" not in rows[0]:
        raise UnsafeStatement("A row's tenant never changes; its id says which one it is.")
    table, own = _table(noun), session.tenant_id
    if _has_arrays(session):
        values = _parameters({name: [row[name] for row in rows] for name in ("id", *names)})
        statement = bulk_sql.update_arrays(table, names)
        session.execute(statement, values | {"own_tenant": own}, execution_options=_OWN_WALL)
        return
    session.execute(
        bulk_sql.update_one(table, names),
        [
            {"own_tenant": own, "own_id": row["id"], **{name: row[name] for name in names}}
            for row in rows
        ],
        execution_options=_OWN_WALL,
    )


def _insert(
    session: TenantSession, table: Table, rows: Sequence[Values], *, skip_known: bool = False
) -> tuple[Insert, Any]:
    """The statement, and its parameters with the session's stamp."""
    if not _FIXED.isdisjoint(rows[0]):
        raise UnsafeStatement("A new row can't choose its id or its tenant.")
    own = session.tenant_id
    if not _has_arrays(session):
        statement = bulk_sql.insert_values(table, skip_known=skip_known)
        return statement, [{**row, "tenant_id": own} for row in rows]
    arrays: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in rows[0]}
    arrays["tenant_id"] = [own] * len(rows)
    for name, default in _defaults(table):
        if name not in arrays:
            arrays[name] = [default() for _ in rows]
    statement = bulk_sql.insert_arrays(table, tuple(arrays), skip_known=skip_known)
    return statement, _parameters(arrays)


def _parameters(arrays: Mapping[str, list[Any]]) -> dict[str, Any]:
    return {bulk_sql.given(name): array for name, array in arrays.items()}


@cache
def _defaults(table: Table) -> Iterable[tuple[str, Any]]:
    """What Python fills in where a row leaves a column out: (column, maker of its value)."""
    found = []
    for each in table.c:
        default: Any = each.default
        if default is not None and default.is_callable:
            found.append((each.name, lambda make=default.arg: make(None)))
        elif default is not None and default.is_scalar:
            found.append((each.name, lambda value=default.arg: value))
    return tuple(found)


def _has_arrays(session: TenantSession) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _table(noun: type[OwnedMixin]) -> Table:
    if not issubclass(noun, OwnedMixin):
        raise UnsafeStatement(f"{noun.__name__} must derive from TenantMixin.")
    table: Table = noun.__table__  # type: ignore[attr-defined]  # every mapped class has one
    return table
