"""FAB's access to one model, with bounded counts, eager relations and checked keys.

Upstream counts every row of the table for each list (72 ms at a million rows), loads
each shown relation row by row, and hands a key from the URL to the driver unread.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flask_appbuilder.models.sqla.interface import (
    SQLAInterface as StockInterface,
)
from sqlalchemy import Column, Uuid
from sqlalchemy.orm import joinedload, selectinload

from core.errors import Malformed
from core.web.fab.filters import FilterConverter
from core.web.fab.values import key_of
from core.words import say

COUNT_CAP = 1000  # a list says "more than 1000"; nobody reads on which page the rows end
MAX_OFFSET = 10_000  # beyond, OFFSET reads and throws away: page by key instead


class SQLAInterface(StockInterface):
    """Drop-in for FAB's. `shown` names the relations that a list loads along."""

    filter_converter_class = FilterConverter

    def __init__(self, obj: type[Any], session: Any = None) -> None:
        super().__init__(obj, session)
        self.shown: tuple[str, ...] = ()

    def show_relations(self, columns: Sequence[str]) -> None:
        """Load these list columns' relations together with the rows (`a` or `a.b`)."""
        roots = dict.fromkeys(c.partition(".")[0] for c in columns)
        self.shown = tuple(r for r in roots if self.is_relation(r))

    def get_search_columns_list(self) -> list[str]:
        """FAB's choice without what has no filter: it warns of each such column, each time."""
        return [name for name in super().get_search_columns_list() if not self._is_opaque(name)]

    def is_uuid(self, name: str) -> bool:
        """Whether this column names the row to the outside: nobody types or searches it."""
        return name in self.list_columns and isinstance(self.list_columns[name].type, Uuid)

    def _is_opaque(self, name: str) -> bool:
        return self.is_uuid(name) or self.is_json(name)

    @property
    def key(self) -> Column[Any]:
        """The primary key's column; composite keys are not supported by our screens."""
        column: Column[Any] = self.obj.__mapper__.primary_key[0]
        return column

    def related_key(self, relation: str) -> Column[Any]:
        """The primary key's column of the model that `relation` leads to."""
        column: Column[Any] = self.get_related_model(relation).__mapper__.primary_key[0]
        return column

    def related_row(self, relation: str, raw: object) -> Any | None:
        """The row that `raw` names, through the session (so never another tenant's), or None."""
        key = key_of(self.related_key(relation), raw)
        if key is None:
            return None
        model = self.get_related_model(relation)
        return self.session.query(model).filter(self.related_key(relation) == key).one_or_none()

    def get_related_obj(self, col_name: str, value: Any) -> Any | None:
        return self.related_row(col_name, value)

    def get(self, id: Any, filters: Any = None, *_: Any, **__: Any) -> Any | None:
        """The row with this key, or None; a key of the wrong kind is a row that isn't there."""
        key = key_of(self.key, id)
        if key is None:
            return None
        query = self.session.query(self.obj).filter(self.key == key)
        query = self.apply_filters(query, filters)
        return query.options(*self._eager()).one_or_none()

    def get_all(self, raw_keys: Sequence[object], filters: Any = None) -> list[Any] | None:
        """Every row named, in one query, or None if any is missing or named wrongly."""
        keys = {key_of(self.key, raw) for raw in raw_keys}
        if None in keys or not keys:
            return None
        query = self.session.query(self.obj).filter(self.key.in_(keys))
        rows = self.apply_filters(query, filters).order_by(self.key).all()
        return rows if len(rows) == len(keys) else None

    def query_count(self, query: Any, filters: Any = None, select_columns: Any = None) -> int:
        """Rows that match, but never more than COUNT_CAP + 1."""
        query = self.apply_filters(query, filters)
        # the mapped attribute, not the table's column: a query of bare columns is no longer
        # the model's, and the session's tenant criteria would not apply to it
        mapped_key = getattr(self.obj, self.get_pk_name())
        counted: int = query.with_entities(mapped_key).limit(COUNT_CAP + 1).count()
        return counted

    def query(
        self,
        filters: Any = None,
        order_column: str = "",
        order_direction: str = "",
        page: int | None = None,
        page_size: int | None = None,
        select_columns: Any = None,
        outer_default_load: bool = False,
    ) -> tuple[int, list[Any]]:
        """FAB's call: (rows that match, at most COUNT_CAP + 1; the rows of this page)."""
        count = self.query_count(self.session.query(self.obj), filters)
        return count, self.rows(filters, order_column, order_direction, page or 0, page_size)

    def rows(
        self,
        filters: Any,
        order_column: str = "",
        order_direction: str = "",
        page: int = 0,
        page_size: int | None = None,
        after: Any = None,
    ) -> list[Any]:
        """One page, ordered by `order_column` and then by key.

        `after` is a key: the page then starts behind that row whatever the table's size,
        and the order is the key's own. An offset beyond MAX_OFFSET is Malformed.
        """
        if page * (page_size or 0) > MAX_OFFSET:
            raise Malformed(
                say(
                    "Pages end at row %(max_offset)s. Filter the list, or page by key (keyset).",
                    max_offset=MAX_OFFSET,
                )
            )
        query = self.apply_filters(self.session.query(self.obj), filters)
        descending = order_direction == "desc"
        if after is not None:
            query = query.filter(self.key < after if descending else self.key > after)
        elif order_column:
            query = self.apply_order_by(query, order_column, order_direction)
        query = query.order_by(self.key.desc() if descending else self.key)
        if page and page_size:
            query = query.offset(page * page_size)
        if page_size:
            query = query.limit(page_size)
        found: list[Any] = query.options(*self._eager()).all()
        return found

    def batches(self, filters: Any, size: int, most: int) -> Iterator[Any]:
        """Rows in key order, `size` a query, `most` in all; memory stays flat."""
        after = None
        while most > 0:
            rows = self.rows(filters, page_size=min(size, most), after=after)
            yield from rows
            if len(rows) < size:
                return
            # the session holds rows weakly, so a batch is freed when the next one comes
            after, most = self.get_pk_value(rows[-1]), most - len(rows)

    def get_order_columns_list(self, list_columns: list[str] | None = None) -> list[str]:
        """The stored columns among these; upstream offers properties and `a.b` too, a 500 each."""
        named = list_columns or self.get_columns_list()
        return [name for name in named if name in self.list_columns and not self.is_relation(name)]

    def get_related_interface(self, col_name: str) -> SQLAInterface:
        # upstream forgets a session that was given explicitly
        return type(self)(self.get_related_model(col_name), self._session)

    def _eager(self) -> list[Any]:
        # A parent comes by join, in the same statement: selectinload would cost one query
        # for each relation, which is what separates a REST list from its budget of five.
        return [
            (joinedload if self.is_relation_many_to_one(r) else selectinload)(getattr(self.obj, r))
            for r in self.shown
        ]
