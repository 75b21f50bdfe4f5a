"""Many rows of one noun in one statement, for the few paths that the unit of work is too slow for.

The second door to tenant data, with the wall of the first: a new row is stamped with the session's
tenant and can't choose its id; a change bears the tenant's criterion and can't move a row. What
comes from it is not in the session: expire what the session holds before reading there again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Insert, Table, Update, bindparam, insert, update
from sqlalchemy.sql.dml import ReturningInsert

from core.models.base import OwnedMixin
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
    statement = _insert(_table(noun))
    found = session.execute(statement, _stamped(session, rows), execution_options=_OWN_WALL)
    return list(found.scalars())


def insert_unnamed(session: TenantSession, noun: type[OwnedMixin], rows: Sequence[Values]) -> None:
    """As `insert_rows` where nobody asks for the ids; they still grow in the order of `rows`."""
    if rows:
        statement: Insert = insert(_table(noun))
        session.execute(statement, _stamped(session, rows), execution_options=_OWN_WALL)


def update_rows(session: TenantSession, noun: type[OwnedMixin], rows: Sequence[Values]) -> None:
    """Change existing rows. Each of `rows` has its `id` and the same columns to write."""
    if not rows:
        return
    names = tuple(rows[0])
    if "tenant_id" in names or "id" not in names:
        raise UnsafeStatement("A row's tenant never changes; its id says which one it is.")
    written = tuple(name for name in names if name != "id")
    tenant_id = session.tenant_id
    session.execute(
        _update(_table(noun), written),
        [
            {"own_tenant": tenant_id, "own_id": row["id"], **{n: row[n] for n in written}}
            for row in rows
        ],
        execution_options=_OWN_WALL,
    )


def _stamped(session: TenantSession, rows: Sequence[Values]) -> list[dict[str, Any]]:
    if not _FIXED.isdisjoint(rows[0]):
        raise UnsafeStatement("A new row can't choose its id or its tenant.")
    tenant_id = session.tenant_id
    return [{**row, "tenant_id": tenant_id} for row in rows]


def _table(noun: type[OwnedMixin]) -> Table:
    if not issubclass(noun, OwnedMixin):
        raise UnsafeStatement(f"{noun.__name__} must derive from TenantMixin.")
    table: Table = noun.__table__  # type: ignore[attr-defined]  # every mapped class has one
    return table


@cache
def _insert(table: Table) -> ReturningInsert[int]:
    return insert(table).returning(table.c.id, sort_by_parameter_order=True)


@cache
def _update(table: Table, names: tuple[str, ...]) -> Update:
    return (
        update(table)
        .where(
            table.c.tenant_id == bindparam("own_tenant"),
            table.c.id == bindparam("own_id"),
        )
        .values({name: bindparam(name) for name in names})
    )
