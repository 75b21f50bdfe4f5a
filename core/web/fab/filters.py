"""Filter values, checked and typed before they reach the database.

Upstream: an index out of range, a text for a number or a null byte is a 500; an
unreadable number silently becomes `IS NULL` (or no filter at all for > and <); a
related id that doesn't exist lists the rows that refer to nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from dateutil import parser as moments  # type: ignore[import-untyped]  # ships no types
from flask_appbuilder.models.sqla import (
    filters as stock,
)
from flask_babel import to_user_timezone, to_utc
from sqlalchemy import false

from core.errors import Malformed
from core.web.fab.enums import members_of
from core.web.fab.values import INT64, column_problem, key_of, stored_moment, text_problem
from core.words import say

_YES, _NO = {"y", "yes", "true", "on", "1"}, {"n", "no", "false", "off", "0", ""}


class RelationEqual(stock.FilterRelationOneToManyEqual):
    """`relation is this row`; a row that isn't there matches nothing."""

    def apply(self, query: Any, value: Any) -> Any:
        row = self.datamodel.related_row(self.column_name, value)
        return query.filter(
            false() if row is None else getattr(self.model, self.column_name) == row
        )


class RelationNotEqual(stock.FilterRelationOneToManyNotEqual):
    """`relation is not this row`; a row that isn't there excludes nothing."""

    def apply(self, query: Any, value: Any) -> Any:
        row = self.datamodel.related_row(self.column_name, value)
        return query if row is None else query.filter(getattr(self.model, self.column_name) != row)


class RelationContains(stock.FilterRelationManyToManyEqual):
    """`relation contains this row`; a row that isn't there matches nothing."""

    def apply_item(self, query: Any, field: Any, value_item: Any) -> Any:
        row = self.datamodel.related_row(self.column_name, value_item)
        return query.filter(false() if row is None else field.contains(row))


_OURS = {
    stock.FilterRelationOneToManyEqual: RelationEqual,
    stock.FilterRelationOneToManyNotEqual: RelationNotEqual,
    stock.FilterRelationManyToManyEqual: RelationContains,
}


class FilterConverter(stock.SQLAFilterConverter):
    """FAB's table of filters by column type, with the relation filters above."""

    conversion_table = tuple(
        (test, [_OURS.get(f, f) for f in classes])
        for test, classes in stock.SQLAFilterConverter.conversion_table
    )

    def convert(self, col_name: str) -> Any:
        """The filters of a column; None for a type that has none, which upstream warns of."""
        for test, classes in self.conversion_table:
            if getattr(self.datamodel, test)(col_name):
                return [each(col_name, self.datamodel) for each in classes]
        return None


def typed(datamodel: Any, column: str, value: Any, *, on_clock: bool = False) -> Any:
    """`value` (one, or a list of them) as `column` compares it; raises Malformed.

    `on_clock`: a moment without a zone is on the reader's clock, as a page shows it; else UTC.
    """
    if isinstance(value, (list, tuple)):
        return [typed(datamodel, column, one, on_clock=on_clock) for one in value]
    problem = text_problem(value)
    if problem:
        raise Malformed(
            say(
                "The filter on %(column)s can't be used. %(problem)s",
                column=column,
                problem=problem,
            ),
            column,
        )
    if datamodel.is_relation(column):
        key = key_of(datamodel.related_key(column), value)
        return _or_refuse(key, column, "choose a record")
    if column not in datamodel.list_columns:
        return value
    return _scalar(datamodel, column, value, on_clock)


def _scalar(datamodel: Any, column: str, value: Any, on_clock: bool) -> Any:
    text = str(value).strip()
    try:
        if datamodel.is_boolean(column):
            known = {**dict.fromkeys(_YES, "y"), **dict.fromkeys(_NO, False)}
            return known[text.lower()]
        if datamodel.is_integer(column):
            number = int(text) if len(text) < 20 else INT64 + 1
            # SQLAlchemy casts to the column's type, and PostgreSQL then refuses the cast
            fits = not column_problem(datamodel.list_columns[column], number)
            return number if fits else _or_refuse(None, column, "a smaller number")
        if datamodel.is_float(column) or datamodel.is_numeric(column):
            figure = float(text)
            return figure if abs(figure) < 1e300 else _or_refuse(None, column, "a smaller number")
        if datamodel.is_date(column):
            return value if isinstance(value, dt.date) else moments.parse(text).date()
        if datamodel.is_datetime(column):
            moment = moments.parse(text)
            if on_clock and moment.tzinfo is None:
                moment = to_utc(moment).replace(tzinfo=dt.UTC)
            return stored_moment(datamodel.list_columns[column], moment)
        if datamodel.is_enum(column):
            return members_of(datamodel.list_columns[column].type)[text]
    except (ValueError, KeyError, OverflowError) as error:
        raise Malformed(
            say(
                "The filter on %(column)s doesn't fit: %(text)s.",
                column=column,
                text=repr(text[:50]),
            ),
            column,
        ) from error
    return text if isinstance(value, (int, float, bool)) else value


def _or_refuse(value: Any, column: str, wanted: str) -> Any:
    if value is None:
        raise Malformed(
            say(
                "The filter on %(column)s doesn't fit: use %(wanted)s.",
                column=column,
                wanted=wanted,
            ),
            column,
        )
    return value


def from_page(filters: Any, args: Any, strict: bool) -> None:
    """Put a page's `_flt_<index>_<column>=value` arguments into `filters`.

    `strict` drops columns that are not searchable (a list); forms pass False, where the
    argument names the parent that a new row belongs to.
    """
    filters.clear_filters()
    searchable = filters.get_search_filters()
    for arg in sorted(set(args)):
        if not arg.startswith("_flt_"):
            continue
        index, _, column = arg.removeprefix("_flt_").partition("_")
        choices = (searchable if strict else filters._all_filters).get(column)
        if not choices:
            continue
        if not (index.isascii() and index.isdigit() and int(index) < len(choices)):
            raise Malformed(say("There is no such filter on %(column)s.", column=column), column)
        chosen = choices[int(index)]
        values = typed(filters.datamodel, column, args.getlist(arg), on_clock=True)
        if any(v == "" for v in values):
            continue
        filters.add_filter(column, type(chosen), values)


def as_typed(active: Iterable[tuple[str, str, Any]]) -> list[tuple[str, str, Any]]:
    """FAB's `(column, operation, values)` with moments as typed, on the reader's clock."""
    return [(column, operation, _as_typed(values)) for column, operation, values in active]


def _as_typed(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_typed(one) for one in value]
    if not isinstance(value, dt.datetime):
        return value
    local = to_user_timezone(value)
    return local.strftime("%Y-%m-%dT%H:%M:%S" if local.second else "%Y-%m-%dT%H:%M")


def from_rest(filters: Any, wanted: Iterable[dict[str, Any]]) -> None:
    """Put REST's `{col, opr, value}` into `filters`; raises Malformed with a sentence.

    Upstream looks the operation up in a table that every filter class of the process
    overwrites, so which class answers depends on what was constructed last.
    """
    filters.clear_filters()
    for one in wanted:
        column, operation = one["col"], one["opr"]
        choices = filters.get_search_filters().get(column)
        if not choices:
            raise Malformed(say("There is no filter on %(column)s.", column=column), column)
        named = {c.arg_name: c for c in choices}
        if operation not in named:
            raise Malformed(
                say(
                    "The filter on %(column)s can't do %(operation)s; it can do %(named)s.",
                    column=column,
                    operation=repr(operation),
                    named=sorted(named),
                ),
                column,
            )
        chosen = named[operation]
        kind = chosen if isinstance(chosen, type) else type(chosen)
        value = typed(filters.datamodel, column, one["value"])
        if operation in ("in", "not_in") and not isinstance(value, list):
            raise Malformed(say("The filter on %(column)s needs a list.", column=column), column)
        filters.add_filter(column, kind, value)
