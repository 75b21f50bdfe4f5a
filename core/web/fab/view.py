"""Base of a generated screen: FAB's ModelView with every correction applied."""

from __future__ import annotations

from typing import Any

from flask import flash, request

from core.errors import Refused
from core.web.fab import filters as filtering
from core.web.fab.access import has_access
from core.web.fab.actions import PostedActions
from core.web.fab.datamodel import SQLAInterface
from core.web.fab.forms import FormConverter, values_of, without_keys
from core.web.fab.listpage import ListPage
from core.web.fab.routes import expose


class AdminView(ListPage, PostedActions):
    """List, show, add, edit, delete, actions, CSV and searching selects for one model.

    `datamodel = SQLAInterface(Model)` as with FAB. `read_only = True` takes every write
    away; `readonly_columns` are shown but never written. Rules live in services: override
    `perform_add`, `perform_edit`, `perform_delete`.
    """

    read_only = False
    exclude_route_methods = {"download"}

    def __init__(self, **kwargs: Any) -> None:
        given = kwargs.pop("datamodel", None) or self.datamodel
        # a copy for each view: it remembers which relations this view's list shows
        self.datamodel = SQLAInterface(given.obj, given._session)
        closed = {"add", "edit", "delete"} if self.read_only else set()
        self.exclude_route_methods = {*self.exclude_route_methods, "download", *closed}
        super().__init__(**kwargs)
        self.datamodel.show_relations(self.list_columns)
        self.note_words()

    # -- what FAB builds once ------------------------------------------------------------

    def _init_properties(self) -> None:
        shown_by_default = not (self.show_columns or self.show_fieldsets)
        super()._init_properties()
        if shown_by_default:
            # upstream prints every child row there, however many
            to_many = self.datamodel.is_relation_one_to_many
            self.show_columns = [c for c in self.show_columns if not to_many(c)]
        self.search_columns = [
            c
            for c in without_keys(self.datamodel, self.search_columns)
            if not (self.is_tenant(c) or self.is_everybodys(c))
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
        return (
            known and not child and not self.datamodel.is_uuid(column) and self.is_writable(column)
        )

    def _init_forms(self) -> None:
        words = getattr(self, "value_words", None)
        search = FormConverter(self.datamodel, search=True, words=words)
        entry = FormConverter(self.datamodel, words=words)
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
