"""What a database column can hold, checked before the driver is asked.

Upstream hands everything to the driver: a null byte, a lone surrogate or an
integer beyond 64 bit then ends as a 500 (PostgreSQL also at 32 bit for INTEGER).
"""

from __future__ import annotations

import datetime as dt
import decimal
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Float, Integer, Numeric, SmallInteger
from sqlalchemy.types import TypeDecorator

from core.words import say

INT64 = 2**63 - 1
_BITS: tuple[tuple[type[Any], int], ...] = ((SmallInteger, 15), (BigInteger, 63), (Integer, 31))


def text_problem(value: object) -> str | None:
    """A sentence if any text inside `value` (also nested lists and dicts) can't be stored."""
    if isinstance(value, str):
        if "\x00" in value:
            return say("Remove the null character from this text.")
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            return say("This text holds a broken character (half of a surrogate pair).")
    elif isinstance(value, dict):
        return next((p for pair in value.items() for p in map(text_problem, pair) if p), None)
    elif isinstance(value, (list, tuple)):
        return next((p for p in map(text_problem, value) if p), None)
    return None


def column_problem(column: Column[Any], value: object) -> str | None:
    """A sentence if `value`, already of the right Python type, doesn't fit `column`."""
    if value is None:
        return None
    problem = text_problem(value)
    if problem:
        return problem
    kind = column.type
    if isinstance(kind, TypeDecorator):
        kind = kind.impl_instance  # an amount of money is bounded as the number it is stored as
    if isinstance(value, str):
        length = getattr(kind, "length", None)
        if length and len(value) > length:
            return say(
                "Use at most %(length)s characters (this has %(count)s).",
                length=length,
                count=len(value),
            )
    if isinstance(value, int) and not isinstance(value, bool):
        for sort, bits in _BITS:
            if isinstance(kind, sort) and not -(2**bits) <= value < 2**bits:
                return say(
                    "Use a whole number between %(value)s and %(value2)s.",
                    value=-(2**bits),
                    value2=2**bits - 1,
                )
    if isinstance(value, (int, float, decimal.Decimal)) and isinstance(kind, (Numeric, Float)):
        return _number_problem(kind, decimal.Decimal(str(value)))
    return None


def _number_problem(kind: Any, number: decimal.Decimal) -> str | None:
    if not number.is_finite():
        return say("Use a finite number.")
    if kind.precision is None or isinstance(kind, Float):
        return None if abs(number) < decimal.Decimal("1e300") else say("Use a smaller number.")
    digits = kind.precision - (kind.scale or 0)
    if abs(number) >= decimal.Decimal(10) ** digits:
        return say("Use at most %(digits)s digits before the decimal point.", digits=digits)
    return None


def key_of(column: Column[Any], raw: object) -> Any:
    """`raw` (from a URL or a payload) as a key of `column`, or None if it can't be one.

    Only plain decimal digits count: "007", "1e3", True and other scripts' digits are no ids.
    """
    if isinstance(raw, bool) or raw is None:
        return None
    if isinstance(column.type, Integer):
        text = str(raw)
        if not (text.isascii() and text.isdigit()) or len(text) > 19 or int(text) > INT64:
            return None
        if column_problem(column, int(text)):
            return None
        return int(text) if text == str(int(text)) else None
    if not isinstance(raw, str) or text_problem(raw) or len(raw) > 255:
        return None
    return raw


def stored_moment(column: Column[Any], value: Any) -> Any:
    """A date-time as `column` wants it: aware for timezone columns, else naive UTC.

    SQLite drops an offset without converting it, so 10:00+07:00 would become 10:00 UTC.
    """
    if not isinstance(value, dt.datetime) or not isinstance(column.type, DateTime):
        return value
    if column.type.timezone:
        return value if value.tzinfo else value.replace(tzinfo=dt.UTC)
    return value.astimezone(dt.UTC).replace(tzinfo=None) if value.tzinfo else value
