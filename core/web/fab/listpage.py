"""A generated list: the page, its related tabs, its CSV file, the search behind its selects."""

from __future__ import annotations

from typing import Any

from flask import abort, request, url_for

from core.web.fab import filters as filtering
from core.web.fab.access import has_access
from core.web.fab.datamodel import COUNT_CAP
from core.web.fab.export import exported
from core.web.fab.listing import Listing, asked
from core.web.fab.routes import expose
from core.web.fab.screen import Screen
from core.web.fab.search_select import matches


class ListPage(Screen):
    """GET /list/, /export.csv and /related/<column>."""

    @expose("/list/")
    @has_access
    def list(self) -> Any:
        self.update_redirect()
        widgets = self._list()
        return self.render_template(self.list_template, title=self.list_title, widgets=widgets)

    def _list(self, **kwargs: Any) -> Any:
        filtering.from_page(self._filters, request.args, strict=True)
        widgets = self._get_list_widget(filters=self._filters, listing=asked(self), **kwargs)
        return self._get_search_widget(form=self._form(self.search_form), widgets=widgets)

    def _get_list_widget(
        self,
        filters: Any,
        actions: Any = None,
        listing: Listing | None = None,
        widgets: Any = None,
        **kwargs: Any,
    ) -> Any:
        """FAB's list widget. Beyond its arguments the template gets: `count_capped` (there
        are more than `count_cap` rows), `has_next`, `after` (key for the next page where
        the list is in key order, else None) and `export_url` (None if not allowed).
        """
        at = listing or asked(self)
        joined = filters.get_joined_filters(self._base_filters)
        # one row more than shown says whether there is a next page, whatever the count
        rows = self.datamodel.rows(
            joined, at.order_column, at.order_direction, at.page, at.size + 1, at.after
        )
        has_next, rows = len(rows) > at.size, rows[: at.size]
        if not has_next and at.after is None and (rows or not at.page):
            count = at.page * at.size + len(rows)  # the last page is in hand: nothing to count
        else:
            count = self.datamodel.query_count(
                self.datamodel.session.query(self.datamodel.obj), joined
            )
        in_key_order = at.order_column in ("", self.datamodel.key.name)
        widgets = widgets or {}
        widgets["list"] = self.list_widget(
            label_columns=self.label_columns,
            include_columns=self.list_columns,
            value_columns=self.datamodel.get_values(rows, self.list_columns),
            order_columns=self.order_columns,
            formatters_columns=self.formatters_columns,
            page=at.page,
            page_size=at.size,
            count=count,
            count_cap=COUNT_CAP,
            count_capped=count > COUNT_CAP,
            has_next=has_next,
            after=self.datamodel.get_pk_value(rows[-1]) if has_next and in_key_order else None,
            export_url=self._export_url(),
            pks=self.datamodel.get_keys(rows),
            actions=actions or self.actions,
            filters=filters,
            modelview_name=type(self).__name__,
            **kwargs,
        )
        return widgets

    def _export_url(self) -> Any:
        may = self._has_route("export") and self._may("export")
        return url_for(f"{self.endpoint}.export", **request.args.to_dict()) if may else None  # type: ignore[arg-type]  # any name may be a query argument

    def _get_view_widget(self, **kwargs: Any) -> Any:
        # a related tab: FAB passes order and page of the tab, which asked() reads itself
        return self._get_list_widget(filters=kwargs["filters"]).get("list")

    def _get_search_widget(
        self, form: Any = None, exclude_cols: Any = None, widgets: Any = None
    ) -> Any:
        may_search = self._may("add") or self._may("edit")
        shown = [c for c in self.search_columns if may_search or not self.datamodel.is_relation(c)]
        for flt, value in self._filters.get_filters_values():
            if flt.column_name in shown and self.datamodel.is_relation(flt.column_name):
                first = value[0] if isinstance(value, (list, tuple)) else value
                form[flt.column_name].data = self.datamodel.related_row(flt.column_name, first)
        widgets = widgets or {}
        widgets["search"] = self.search_widget(
            route_base=self.route_base,
            form=form,
            include_cols=shown,
            exclude_cols=exclude_cols or [],
            filters=self._filters,
        )
        return widgets

    @expose("/export.csv")
    @has_access
    def export(self) -> Any:
        filtering.from_page(self._filters, request.args, strict=True)
        return exported(self, self._filters.get_joined_filters(self._base_filters))

    @expose("/related/<column>")
    def related(self, column: str) -> Any:
        """Matches for a searching select: `?q=text`. Needs this view's add or edit."""
        if not (self._may("add") or self._may("edit")):
            abort(403)
        in_forms = {*self.add_columns, *self.edit_columns, *self.search_columns}
        if column not in in_forms or not self.datamodel.is_relation(column):
            abort(404)
        text = request.args.get("q", "").strip()[:100]
        filtering.typed(self.datamodel, "", text)  # refuses what can't be searched for
        given = (self.edit_form_query_rel_fields or {}).get(column) or (
            self.add_form_query_rel_fields or {}
        ).get(column)
        return matches(self.datamodel, column, text, given)
