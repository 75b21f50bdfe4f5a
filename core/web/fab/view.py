"""Base of a generated screen: FAB's ModelView with every correction applied."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import ModelView  # type: ignore[import-untyped]  # FAB ships no types
from flask_babel import lazy_gettext as _  # type: ignore[import-untyped]  # ships no types

from core.errors import Malformed, NotFound, Refused
from core.web.fab import filters as filtering
from core.web.fab.access import has_access, is_allowed
from core.web.fab.datamodel import COUNT_CAP, SQLAInterface
from core.web.fab.export import exported
from core.web.fab.forms import FormConverter, values_of, without_keys
from core.web.fab.listing import Listing, asked
from core.web.fab.request_state import PerRequestFilters, VisibleRelatedViews
from core.web.fab.routes import expose
from core.web.fab.search_select import SearchSelectField, matches, url_of
from core.web.fab.writes import Writes


class AdminView(Writes, ModelView):  # type: ignore[misc]  # FAB is untyped
    """List, show, add, edit, delete, actions, CSV and searching selects for one model.

    `datamodel = SQLAInterface(Model)` as with FAB. `read_only = True` takes every write
    away; `readonly_columns` are shown but never written. Rules live in services: override
    `perform_add`, `perform_edit`, `perform_delete`.
    """

    read_only = False
    exclude_route_methods = {"download"}
    # declared again for mypy: FAB's own attributes have no types
    show_columns: Any = None
    add_columns: Any = None
    edit_columns: Any = None
    search_columns: Any = None
    search_form: Any = None
    _filters = PerRequestFilters()
    _related_views = VisibleRelatedViews()

    def __init__(self, **kwargs: Any) -> None:
        given = kwargs.pop("datamodel", None) or self.datamodel
        # a copy for each view: it remembers which relations this view's list shows
        self.datamodel = SQLAInterface(given.obj, given._session)
        closed = {"add", "edit", "delete"} if self.read_only else set()
        self.exclude_route_methods = {*self.exclude_route_methods, "download", *closed}
        super().__init__(**kwargs)
        self.datamodel.show_relations(self.list_columns)

    # -- what FAB builds once ------------------------------------------------------------

    def _init_properties(self) -> None:
        shown_by_default = not (self.show_columns or self.show_fieldsets)
        super()._init_properties()
        if shown_by_default:
            # upstream prints every child row there, however many
            to_many = self.datamodel.is_relation_one_to_many
            self.show_columns = [c for c in self.show_columns if not to_many(c)]
        self.search_columns = [
            c for c in without_keys(self.datamodel, self.search_columns) if not self.is_tenant(c)
        ]
        self.add_columns = [c for c in self.add_columns if self._in_form(c, "add")]
        self.edit_columns = [c for c in self.edit_columns if self._in_form(c, "edit")]
        for fieldsets, columns in (
            (self.add_fieldsets, self.add_columns),
            (self.edit_fieldsets, self.edit_columns),
        ):
            for _title, fieldset in fieldsets or ():
                fieldset["fields"] = [c for c in fieldset["fields"] if c in columns]
        self._filters = self.datamodel.get_filters(self.search_columns)
        self.search_columns = [
            c
            for c in self.search_columns
            if c in self.__dict__["_filters_template"]._search_filters
        ]

    def _in_form(self, column: str, form: str) -> bool:
        extra = self.add_form_extra_fields if form == "add" else self.edit_form_extra_fields
        if column in extra:
            return True
        known = column in self.datamodel.list_columns or self.datamodel.is_relation(column)
        # children are never re-parented through a form, and there may be thousands
        child = self.datamodel.is_relation_one_to_many(column)
        return known and not child and self.is_writable(column)

    def _init_forms(self) -> None:
        search, entry = FormConverter(self.datamodel, search=True), FormConverter(self.datamodel)
        self.search_form = self.search_form or search.create_form(
            self.label_columns,
            self.search_columns,
            extra_fields=self.search_form_extra_fields,
            filter_rel_fields=self.search_form_query_rel_fields,
        )
        for form in ("add", "edit"):
            made = entry.create_form(
                self.label_columns,
                getattr(self, f"{form}_columns"),
                self.description_columns,
                self.validators_columns,
                getattr(self, f"{form}_form_extra_fields"),
                getattr(self, f"{form}_form_query_rel_fields"),
            )
            setattr(self, f"{form}_form", getattr(self, f"{form}_form") or made)

    def get_init_inner_views(self) -> Any:
        # FAB appends to this list while it registers views: all of them, not the visible ones
        return self.__dict__["_all_related_views"]

    # -- list ----------------------------------------------------------------------------

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

    # -- show, add, edit, delete ---------------------------------------------------------

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> Any:
        item = self._item(pk)
        widgets = self._get_show_widget(pk, item)
        self.update_redirect()
        return self.render_template(
            self.show_template,
            pk=pk,
            title=self.show_title,
            widgets=self._get_related_views_widgets(item, {}, {}, {}, widgets),
            related_views=self._related_views,
        )

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> Any:
        filtering.from_page(self._filters, request.args, strict=False)
        exclude = self._parents(self.add_columns)
        form, status = self._form(self.add_form), 200
        if request.method == "POST":
            self._fill(form, exclude)
            status = self._submit(form, None)
            if status == 200:
                flash(self.add_row_message, "success")
                return self.post_add_redirect()
        else:
            self.update_redirect()
        widgets = self._get_add_widget(form=form, exclude_cols=exclude)
        page = self.render_template(self.add_template, title=self.add_title, widgets=widgets)
        return page, status

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> Any:
        item, status = self._item(pk), 200
        filtering.from_page(self._filters, request.args, strict=False)
        exclude = self._parents(self.edit_columns)
        if request.method == "POST":
            form = self._form(self.edit_form)
            self._fill(form, exclude)
            form._id = self.datamodel.get_pk_value(item)  # FAB's Unique validator reads it
            status = self._submit(form, item)
            if status == 200:
                flash(self.edit_row_message, "success")
                return self.post_edit_redirect()
            item = self._item(pk)  # a refused write rolled back and expired the row
        else:
            form = self._form(self.edit_form, item)
            self.prefill_form(form, self.datamodel.get_pk_value(item))
            self.update_redirect()
        widgets = self._get_edit_widget(form=form, exclude_cols=exclude)
        page = self.render_template(
            self.edit_template,
            title=self.edit_title,
            widgets=self._get_related_views_widgets(item, {}, {}, {}, widgets),
            related_views=self._related_views,
        )
        return page, status

    @expose("/delete/<pk>", methods=["POST"])
    @has_access
    def delete(self, pk: str) -> Any:
        item = self._item(pk)
        try:
            with self.refusals(deleting=True):
                self.perform_delete(item)
            flash(self.delete_row_message, "success")
        except Refused as refused:
            flash(refused.message, "danger")
        return self.post_delete_redirect()

    def _submit(self, form: Any, item: Any) -> int:
        """Validate and write; the HTTP status. On a refusal the form keeps what was typed."""
        if not form.validate():
            return 422
        self.process_form(form, item is None)
        data = {k: v for k, v in values_of(form, self.datamodel).items() if self.is_writable(k)}
        try:
            with self.refusals():
                if item is None:
                    self.perform_add(data)
                else:
                    self.perform_edit(item, data)
        except Refused as refused:
            self._show_refusal(form, refused)
            return refused.status
        return 200

    def _show_refusal(self, form: Any, refused: Refused) -> None:
        placed = False
        for name, sentences in refused.errors.items():
            if name in form:
                form[name].errors = [*form[name].errors, *sentences]
                placed = True
        if not placed:
            flash(refused.message, "danger")

    # -- actions -------------------------------------------------------------------------

    @expose("/action/<string:name>/<pk>", methods=["POST"])
    def action(self, name: str, pk: str) -> Any:
        chosen = self._chosen_action(name, "single")
        return self._acted(chosen, self._item(pk))

    @expose("/action_post", methods=["POST"])
    def action_post(self) -> Any:
        chosen = self._chosen_action(request.form.get("action", ""), "multiple")
        raw = request.form.getlist("rowid")
        if not raw:
            raise Malformed("Choose at least one row first.")
        items = self.datamodel.get_all(raw, self._base_filters)
        if items is None:
            raise NotFound("One of these records is no longer there. Reload the list.")
        return self._acted(chosen, items)

    def _chosen_action(self, name: str, kind: str) -> Any:
        chosen = self.actions.get(name)
        if chosen is None or not getattr(chosen, kind):
            abort(404)
        if not is_allowed(self, self.get_action_permission_name(name)):
            abort(403)
        return chosen

    def _acted(self, chosen: Any, what: Any) -> Any:
        try:
            with self.refusals():
                return chosen.func(what)
        except Refused as refused:
            flash(refused.message, "danger")
            return redirect(self.get_redirect())

    # -- small things --------------------------------------------------------------------

    def _item(self, pk: str) -> Any:
        item = self.datamodel.get(pk, self._base_filters)
        if item is None:
            raise NotFound(str(_("This record doesn't exist, or it is not yours to see.")))
        return item

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
