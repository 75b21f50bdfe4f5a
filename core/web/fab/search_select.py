"""A choice among another model's rows that stays small: a plain select, or a searching one.

Upstream loads every row of the related table into each form and each search box. Up to
SELECT_LIMIT rows we render them; beyond, the select holds the present value only and
names the URL (`data-search-url`) where the page's script asks for matches.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import url_for
from sqlalchemy import Enum, String, or_
from wtforms import SelectFieldBase
from wtforms.fields.choices import Choice
from wtforms.validators import StopValidation
from wtforms.widgets import Select

from core.services.inbox_search import is_about
from core.words import say

SELECT_LIMIT = 200
SEARCH_LIMIT = 20
BLANK = "__None"  # FAB's own value for "nothing chosen"
NO_CHOICE = "–"  # noqa: RUF001 - a dash, as lists show it
_NAMES = ("name", "title", "label", "subject", "slug", "username", "email", "phone", "body")


class SearchSelectWidget(Select):
    """Renders a `<select>`; a long one carries `data-search-url` and no other options."""

    def __call__(self, field: Any, **kwargs: Any) -> Any:
        kwargs["class"] = f"form-select {kwargs.get('class', '')}".strip()
        name = kwargs.pop("name_", None)  # FAB's search box renames fields to _flt_<n>_<column>
        if name:
            field.name = name
        if field.is_long:
            kwargs["data-search-url"] = field.search_url
        return super().__call__(field, **kwargs)


class SearchSelectField(SelectFieldBase):
    """`data` is the chosen row (a list of rows with `many`), found through the session.

    `datamodel` and `column` say which relation; `lean` never counts the related table
    (search boxes: they show the present value and search on demand).
    """

    def __init__(
        self,
        label: str | None = None,
        validators: Any = None,
        *,
        datamodel: Any,
        column: str,
        many: bool = False,
        allow_blank: bool = True,
        lean: bool = False,
        conditions: Any = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.datamodel, self.column = datamodel, column
        self.many, self.allow_blank, self.lean = many, allow_blank, lean
        self.conditions = conditions
        self.widget = SearchSelectWidget(multiple=many)
        self.search_url = ""
        self._missing: list[str] = []
        self._rows: list[Any] | None = None

    @property
    def is_long(self) -> bool:
        return self.lean or len(self.choices_loaded()) > SELECT_LIMIT

    def choices_loaded(self) -> list[Any]:
        """At most SELECT_LIMIT + 1 rows, one query, once a form."""
        if self._rows is None:
            related = self.datamodel.get_related_interface(self.column)
            self._rows = related.rows(
                conditions(related, self.conditions), page_size=SELECT_LIMIT + 1
            )
        return self._rows

    def process_data(self, value: Any) -> None:
        self.data = list(value or []) if self.many else value

    def process_formdata(self, valuelist: list[str]) -> None:
        raw = [v for v in valuelist if v not in (BLANK, "")]
        found = [(v, self._find(v)) for v in (raw if self.many else raw[:1])]
        self._missing = [v for v, row in found if row is None]
        rows = [row for _, row in found if row is not None]
        self.data = rows if self.many else (rows[0] if rows else None)

    def pre_validate(self, form: Any) -> None:
        if self._missing:
            raise StopValidation(say("This choice no longer exists. Choose another."))

    def iter_choices(self) -> Iterator[Any]:
        chosen = [row for row in (self.data if self.many else [self.data]) if row is not None]
        if not self.many and (self.allow_blank or not chosen):
            yield Choice(BLANK if self.allow_blank else "", NO_CHOICE, not chosen, {})
        rows = chosen if self.is_long else self.choices_loaded()
        for row in rows:
            yield Choice(self._pk(row), str(row), row in chosen, {})

    def has_groups(self) -> bool:
        return False

    def _pk(self, row: Any) -> str:
        return str(self.datamodel.get_related_interface(self.column).get_pk_value(row))

    def _find(self, raw: str) -> Any | None:
        related = self.datamodel.get_related_interface(self.column)
        return related.get(raw, conditions(related, self.conditions))


def conditions(related: Any, given: Any) -> Any:
    """FAB's `[[column, FilterClass, value], …]` as its Filters object."""
    return related.get_filters().add_filter_list(given or [])


def matches(datamodel: Any, column: str, text: str, given: Any = ()) -> dict[str, Any]:
    """Up to SEARCH_LIMIT related rows whose name holds `text`, as the script reads them.

    People are found through the search index (`core.models.search`): by the beginnings of words
    and any part of a number, the newest first. `ILIKE` would read the whole table.

    `{"results": [{"id", "text"}], "more": bool}`; rows come through the session.
    """
    related = datamodel.get_related_interface(column)
    query = related.session.query(related.obj)
    query = related.apply_filters(query, conditions(related, given))
    about = is_about(related.obj, text)
    if about is not None:  # a large table: its words are indexed, its names aren't in order
        query = query.filter(about) if text else query
        query = query.order_by(related.key.desc())
    else:
        names = _named_columns(related)
        if text and names:
            pattern = f"%{_literally(text)}%"
            query = query.filter(or_(*(name.ilike(pattern, escape="\\") for name in names)))
        query = query.order_by(*names[:1], related.key)
    rows = query.limit(SEARCH_LIMIT + 1).all()
    return {
        "results": [
            {"id": related.get_pk_value(row), "text": str(row)} for row in rows[:SEARCH_LIMIT]
        ],
        "more": len(rows) > SEARCH_LIMIT,
    }


def url_of(view: Any, column: str) -> str:
    """Where `view` answers searches for `column`."""
    url: str = url_for(f"{view.endpoint}.related", column=column)
    return url


def _named_columns(related: Any) -> list[Any]:
    # an enumeration is a String to SQLAlchemy, and refuses to be compared with anything else
    text = {
        name
        for name, column in related.list_columns.items()
        if isinstance(column.type, String) and not isinstance(column.type, Enum)
    }
    names = [n for n in _NAMES if n in text] or sorted(text)[:1]
    return [getattr(related.obj, n) for n in names[:3]]


def _literally(text: str) -> str:
    for sign in ("\\", "%", "_"):
        text = text.replace(sign, "\\" + sign)
    return text
