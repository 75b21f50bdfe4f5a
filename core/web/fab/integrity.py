"""A database's refusal as a sentence for a person, never as SQL.

Upstream answers `Database exception occurred: <driver text>`, which names tables,
columns and the values of the statement.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Table
from sqlalchemy.exc import DataError, IntegrityError, StatementError
from sqlalchemy.orm.exc import StaleDataError

from core.errors import Conflict, Refused, Stale
from core.web.fab.unavailable import PASSING, as_unavailable
from core.words import say

TAKEN = say("Another record already has this value. Choose a different one, or open that record.")
IN_USE = say("Other records still refer to this one. Remove or change those first.")
# SQLite's driver raises OverflowError bare, for a number beyond 64 bits
DATABASE_ERRORS = (
    IntegrityError,
    DataError,
    StatementError,
    StaleDataError,
    OverflowError,
    *PASSING,
)

_SQLITE = re.compile(r"^(UNIQUE|NOT NULL|FOREIGN KEY|CHECK) constraint failed(?:: (.*))?$")
_SQLSTATE = {"23505": "UNIQUE", "23502": "NOT NULL", "23503": "FOREIGN KEY", "23514": "CHECK"}


def as_refused(
    error: Exception, table: Table | None = None, deleting: bool = False
) -> Refused | None:
    """The refusal that `error` means, or None when it is a fault of ours.

    503 where the database can't be used just now. `table` lets a constraint's name be turned into
    the column it guards.
    """
    if isinstance(error, StaleDataError):
        return Stale(
            say("Someone else changed or deleted this meanwhile. Reload it and try again.")
        )
    if isinstance(error, IntegrityError):
        kind, columns = _what(error, table)
        field = next((c for c in reversed(columns) if c not in ("tenant_id", "id")), None)
        if kind == "UNIQUE":
            return Conflict(TAKEN, field)
        if kind == "FOREIGN KEY":
            if deleting or _still_referenced(error):
                return Conflict(IN_USE)
            return Refused(
                say("This refers to a record that doesn't exist. Choose another."), field
            )
        if kind == "NOT NULL":
            if deleting:
                return Conflict(IN_USE)
            return Refused(say("This field is required."), field)
        return Refused(say("This value is not allowed here."), field)
    if isinstance(error, (DataError, OverflowError)) or (
        isinstance(error, StatementError)
        and isinstance(error.orig, (OverflowError, ValueError, TypeError))
    ):
        return Refused(say("One of the values is too large or of the wrong kind."))
    return as_unavailable(error)


def _still_referenced(error: IntegrityError) -> bool:
    detail = getattr(getattr(error.orig, "diag", None), "message_detail", None) or ""
    return "still referenced" in detail


def _what(error: IntegrityError, table: Table | None) -> tuple[str, list[str]]:
    diag = getattr(error.orig, "diag", None)
    if diag is not None and diag.sqlstate:
        if diag.column_name:
            columns = [str(diag.column_name)]
        else:
            columns = _columns_of(table, diag.constraint_name) or _key_columns(diag.message_detail)
        return _SQLSTATE.get(diag.sqlstate, ""), columns
    match = _SQLITE.match(str(error.orig))
    if not match:
        return "", []
    kind, rest = match.group(1), match.group(2) or ""
    if kind == "CHECK":
        return kind, _columns_of(table, rest)
    return kind, [part.strip().rpartition(".")[2] for part in rest.split(",") if part.strip()]


def _columns_of(table: Table | None, name: str | None) -> list[str]:
    if table is None or not name:
        return []
    named: list[Any] = [*table.constraints, *table.indexes]
    for thing in named:
        if thing.name == name:
            columns = [c.name for c in thing.columns]
            if columns:
                return columns
            text = str(getattr(thing, "sqltext", ""))
            return [c.name for c in table.columns if re.search(rf"\b{c.name}\b", text)]
    return []


def _key_columns(detail: str | None) -> list[str]:
    match = re.match(r"Key \(([^)]*)\)=", detail or "")
    return [part.strip() for part in match.group(1).split(",")] if match else []
