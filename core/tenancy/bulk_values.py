"""Columns of values as drivers take them: a whole column at a time, a repeated value once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Dialect
from sqlalchemy.types import TypeEngine


def bound(kind: TypeEngine[Any], dialect: Dialect, values: list[Any]) -> list[Any]:
    """The values of a column as its type has them stored; JSON as text, on every database."""
    own: TypeEngine[Any] = kind.dialect_impl(dialect)
    if isinstance(own, JSON):
        return [json.dumps(value) for value in values]
    process = own.bind_processor(dialect)
    if process is None:
        return values
    known = {value: process(value) for value in set(values)}
    return [known[value] for value in values]


def array_literal(values: Sequence[Any]) -> str:
    """A PostgreSQL array of one dimension as text: `{"a","b\\"c",NULL}`.

    For text, numbers, booleans, moments, UUIDs and JSON as text.
    """
    try:
        joined = '","'.join(values)
    except TypeError:  # not all of them are text
        return "{" + ",".join(map(_element, values)) + "}"
    if not values:
        return "{}"
    if "\\" in joined or joined.count('"') != 2 * (len(values) - 1):
        return "{" + ",".join(map(_element, values)) + "}"
    return '{"' + joined + '"}'


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, datetime):
        return f'"{value.isoformat()}"'
    if isinstance(value, int | float | Decimal | UUID):
        return str(value)
    raise TypeError(f"No array of {type(value).__name__}: write these rows one by one.")
