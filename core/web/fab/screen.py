"""What the parts of a generated screen share: its row, its forms, what the user may."""

from __future__ import annotations

from typing import Any

from flask_appbuilder import ModelView
from flask_babel import lazy_gettext

from core.errors import NotFound
from core.web.fab.access import is_allowed
from core.web.fab.request_state import PerRequestFilters, VisibleRelatedViews
from core.web.fab.search_select import SearchSelectField, url_of
from core.web.fab.writes import Writes
from core.words import say
from core.words.derived import note

_TITLES = {
    "list_title": "list",
    "add_title": "add",
    "edit_title": "edit",
    "show_title": "show",
    "title": "list",
}


class Screen(Writes, ModelView):
    """FAB's ModelView with its request state kept per request."""

    # declared again for mypy: FAB's own attributes have no types
    exclude_route_methods: set[str] = set()
    show_columns: Any = None
    list_columns: Any = None
    order_columns: Any = None
    label_columns: Any = None
    add_columns: Any = None
    edit_columns: Any = None
    search_columns: Any = None
    search_form: Any = None
    _filters = PerRequestFilters()
    _related_views = VisibleRelatedViews()

    def _item(self, pk: str) -> Any:
        item = self.datamodel.get(pk, self._base_filters)
        if item is None:
            raise NotFound(say("This record doesn't exist, or it is not yours to see."))
        return item

    def _prettify_column(self, name: str) -> Any:
        return lazy_gettext(super()._prettify_column(name))

    def _init_titles(self) -> None:
        super()._init_titles()
        for title, method in _TITLES.items():
            english = getattr(self, title)
            if not isinstance(english, str):
                continue
            if self._has_route(method):
                note(english, type(self).__module__)
            setattr(self, title, lazy_gettext(english))

    def note_words(self) -> None:
        """Let the words that FAB made from the names of shown columns be found for translation."""
        shown = (self.list_columns, self.show_columns, self.search_columns, self.order_columns)
        asked = (self.add_columns, self.edit_columns)
        for column in {name for names in (*shown, *asked) for name in names or ()}:
            english = super()._prettify_column(column)
            if str(self.label_columns.get(column, "")) == english:
                note(english, type(self).__module__)

    def _parents(self, columns: Any) -> dict[str, Any]:
        """Relations that the URL has fixed (`_flt_0_parent=3`: "add a child of 3"), by name."""
        fixed = {}
        for name in self._filters.get_relation_cols():
            value = self._filters.get_filter_value(name)
            row = self.datamodel.related_row(name, value[0]) if value else None
            if name in columns and row is not None:
                fixed[name] = row
        return fixed

    def _fill(self, form: Any, fixed: dict[str, Any]) -> None:
        for name, row in fixed.items():
            form[name].data = row

    def _may(self, method: str) -> bool:
        return is_allowed(self, f"can_{self.get_method_permission(method)}")

    def _form(self, kind: Any, item: Any = None) -> Any:
        form = kind.refresh(obj=item)
        for field in form:
            if isinstance(field, SearchSelectField) and self._has_route("related"):
                field.search_url = url_of(self, field.column)
        return form

    def _has_route(self, method: str) -> bool:
        included = self.include_route_methods
        return method not in self.exclude_route_methods and (not included or method in included)
