"""Base of a generated REST resource: FAB's ModelRestApi with every correction applied."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from flask import current_app, request
from flask_appbuilder.api import (
    BaseApi,
    ModelRestApi,
    get_info_schema,
    get_item_schema,
)
from marshmallow import ValidationError

from core.errors import Invalid, Malformed, NotFound
from core.web.fab import filters as filtering
from core.web.fab.access import protect
from core.web.fab.datamodel import COUNT_CAP, SQLAInterface
from core.web.fab.lazy_schemas import LazySchemas
from core.web.fab.request_state import PerRequestFilters
from core.web.fab.rest_fields import SchemaConverter, normalised
from core.web.fab.rison import list_schema, rison
from core.web.fab.routes import adds, expose, permission_name
from core.web.fab.values import key_of, text_problem
from core.web.fab.writes import Writes
from core.words import say

SCHEMAS_KEPT = 64  # column subsets that callers choose, each a schema worth keeping


class AdminApi(Writes, LazySchemas, ModelRestApi):
    """GET list and item, POST, PUT (what isn't given stays), DELETE and `_info` for one model.

    As AdminView: `read_only`, `readonly_columns`, and `perform_add`, `perform_edit`,
    `perform_delete` to override with services. Large lists page by key:
    `q=(keyset:(after:ID))`, and the answer names the `next` one. `count` stops at 1001.
    """

    read_only = False
    allow_browser_login = True  # with the CSRF token, see csrf.py
    csrf_exempt = False
    exclude_route_methods: set[str] = set()
    search_columns: Any = None
    model2schemaconverter = SchemaConverter
    _filters = PerRequestFilters()
    # the order of a list that asks for none is the key's, so keyset paging always works

    def __init__(self) -> None:
        self.datamodel = SQLAInterface(self.datamodel.obj, self.datamodel._session)
        closed = {"post", "put", "delete"} if self.read_only else set()
        self.exclude_route_methods = {*self.exclude_route_methods, *closed}
        self._schemas: OrderedDict[tuple[str, ...], Any] = OrderedDict()
        super().__init__()

    def _init_properties(self) -> None:
        given = {n: getattr(self, f"{n}_columns") for n in ("list", "show", "add", "edit")}
        super()._init_properties()
        for name, explicit in given.items():
            columns = getattr(self, f"{name}_columns")
            if not explicit:  # upstream lists whole collections and every tenant
                columns = [c for c in columns if not self._is_bulky(c)]
            if name in ("add", "edit"):
                columns = [c for c in columns if self.is_writable(c)]
            setattr(self, f"{name}_columns", columns)
        self.list_select_columns, self.show_select_columns = self.list_columns, self.show_columns
        self.search_columns = [
            c for c in self.search_columns if not (self.is_tenant(c) or self.is_everybodys(c))
        ]
        self._filters = self.datamodel.get_filters(self.search_columns, self.search_filters)
        self.datamodel.show_relations({*self.list_columns, *self.show_columns})

    def _is_bulky(self, column: str) -> bool:
        return self.datamodel.is_relation_one_to_many(column) or self.is_tenant(column)

    # -- reading -------------------------------------------------------------------------

    @expose("/_info", methods=["GET"])
    @protect()
    @rison(get_info_schema)
    @permission_name("info")
    @adds(BaseApi.merge_current_user_permissions, "permissions")
    @adds(ModelRestApi.merge_add_field_info, "add_columns")
    @adds(ModelRestApi.merge_edit_field_info, "edit_columns")
    @adds(ModelRestApi.merge_search_filters, "filters")
    @adds(ModelRestApi.merge_add_title, "add_title")
    @adds(ModelRestApi.merge_edit_title, "edit_title")
    def info(self, **kwargs: Any) -> Any:
        return self.info_headless(**kwargs)

    @expose("/<pk>", methods=["GET"])
    @protect()
    @rison(get_item_schema)
    @permission_name("get")
    @adds(ModelRestApi.merge_show_label_columns, "label_columns")
    @adds(ModelRestApi.merge_show_columns, "show_columns")
    @adds(ModelRestApi.merge_description_columns, "description_columns")
    @adds(ModelRestApi.merge_show_title, "show_title")
    def get(self, pk: str, **kwargs: Any) -> Any:
        args = kwargs["rison"]
        chosen = self._chosen_columns(args, self.show_columns)
        item = self._item(pk)
        answer: dict[str, Any] = {}
        self.set_response_key_mappings(answer, self.get, args, columns=chosen)
        answer["id"] = self.datamodel.get_pk_value(item)
        answer["result"] = self._schema(chosen, self.show_model_schema).dump(item, many=False)
        self.pre_get(answer)
        return self.response(200, **answer)

    @expose("/", methods=["GET"])
    @protect()
    @rison(list_schema)
    @permission_name("get")
    @adds(ModelRestApi.merge_order_columns, "order_columns")
    @adds(ModelRestApi.merge_list_label_columns, "label_columns")
    @adds(ModelRestApi.merge_description_columns, "description_columns")
    @adds(ModelRestApi.merge_list_columns, "list_columns")
    @adds(ModelRestApi.merge_list_title, "list_title")
    def get_list(self, **kwargs: Any) -> Any:
        args = kwargs["rison"]
        chosen = self._chosen_columns(args, self.list_columns)
        answer: dict[str, Any] = {}
        self.set_response_key_mappings(answer, self.get_list, args, columns=chosen)
        filtering.from_rest(self._filters, args.get("filters", ()))
        joined = self._filters.get_joined_filters(self._base_filters)
        rows, more = self._page(args, joined)
        answer["count"] = self.datamodel.query_count(
            self.datamodel.session.query(self.datamodel.obj), joined
        )
        answer["count_capped"] = answer["count"] > COUNT_CAP
        answer["ids"] = self.datamodel.get_keys(rows)
        answer["result"] = self._schema(chosen, self.list_model_schema).dump(rows, many=True)
        answer["next"] = {"after": answer["ids"][-1]} if more else None
        self.pre_get_list(answer)
        return self.response(200, **answer)

    def _page(self, args: dict[str, Any], joined: Any) -> tuple[list[Any], bool]:
        """The rows asked for, and whether a next page by key exists."""
        column, direction = self._order(args)
        page, size = self._handle_page_args(args)
        size = size or self.page_size
        in_key_order = column in ("", self.datamodel.key.name)
        after = None
        if "keyset" in args:
            after = key_of(self.datamodel.key, args["keyset"]["after"])
            if after is None or not in_key_order or page:
                raise Malformed(say("keyset needs a row's id, no page, and the order of the ids."))
        rows = self.datamodel.rows(joined, column, direction, page or 0, size + 1, after)
        return rows[:size], len(rows) > size and in_key_order

    def _order(self, args: dict[str, Any]) -> tuple[str, str]:
        column = args.get("order_column", "")
        if column and column not in self.order_columns:
            allowed = ", ".join(self.order_columns)
            raise Malformed(
                say(
                    "This list can't be ordered by %(column)s, only by %(allowed)s.",
                    column=repr(column[:50]),
                    allowed=allowed,
                )
            )
        if not column and self.base_order:
            return self.base_order[0], self.base_order[1]
        return column, args.get("order_direction", "asc")

    def _chosen_columns(self, args: dict[str, Any], allowed: Any) -> Any:
        asked = args.get("columns") or args.get("select_columns") or ()
        unknown = [c for c in asked if c not in allowed]
        if unknown:
            raise Malformed(
                say("There is no column %(unknown)s here.", unknown=repr(unknown[0][:50]))
            )
        return [c for c in allowed if c in asked]

    def _schema(self, chosen: Any, default: Any) -> Any:
        if not chosen:
            return default
        key = tuple(chosen)
        if key not in self._schemas:  # upstream builds a class for each request
            self._schemas[key] = self.model2schemaconverter.convert(chosen)
            while len(self._schemas) > SCHEMAS_KEPT:
                self._schemas.popitem(last=False)
        return self._schemas.get(key) or self.model2schemaconverter.convert(chosen)

    # -- writing -------------------------------------------------------------------------

    @expose("/", methods=["POST"])
    @protect()
    @permission_name("post")
    def post(self) -> Any:
        data = self._payload(self.add_model_schema, partial=False)
        with self.refusals():
            item = self.perform_add(data)
        result = self.add_model_schema.dump(item, many=False)
        return self.response(201, id=self.datamodel.get_pk_value(item), result=result)

    @expose("/<pk>", methods=["PUT"])
    @protect()
    @permission_name("put")
    def put(self, pk: str) -> Any:
        item = self._item(pk)
        data = self._payload(self.edit_model_schema, partial=True)
        with self.refusals():
            item = self.perform_edit(item, data)
        return self.response(200, result=self.edit_model_schema.dump(item, many=False))

    @expose("/<pk>", methods=["DELETE"])
    @protect()
    @permission_name("delete")
    def delete(self, pk: str) -> Any:
        item = self._item(pk)
        with self.refusals(deleting=True):
            self.perform_delete(item)
        return self.response(200, message="OK")

    def _item(self, pk: str) -> Any:
        item = self.datamodel.get(pk, self._base_filters)
        if item is None:
            raise NotFound(say("There is no such record."))
        return item

    def _payload(self, schema: Any, partial: bool) -> dict[str, Any]:
        """The request's JSON as typed values; raises Malformed (400) or Invalid (422)."""
        payload = json_object()
        known = schema.fields
        errors: dict[str, list[str]] = {}
        for name, value in payload.items():
            problem = text_problem(value) or text_problem(name)
            if name not in known or not self.is_writable(name):
                is_known = hasattr(self.datamodel.obj, name)
                errors[name.replace("\x00", "")] = [
                    say("This field can't be written.")
                    if is_known
                    else say("This field is unknown.")
                ]
            elif problem:
                errors[name] = [problem]
        if errors:
            raise Invalid(errors)
        try:
            data: dict[str, Any] = schema.load(payload, partial=partial)
        except ValidationError as error:
            raise Invalid(flattened(error.messages)) from None
        return normalised(self.datamodel, data)

    def merge_current_user_permissions(self, response: dict[str, Any], **kwargs: Any) -> None:
        may = current_app.appbuilder.sm.has_access  # type: ignore[attr-defined]  # FAB sets it
        name = self.class_permission_name
        response["permissions"] = [p for p in self.base_permissions if may(p, name)]


# OpenAPI is written from the docstrings of FAB's methods
for _name in ("info", "get", "get_list", "post", "put", "delete"):
    getattr(AdminApi, _name).__doc__ = getattr(ModelRestApi, _name).__doc__


def json_object() -> dict[str, Any]:
    """The request's body, which must be a JSON object; raises Malformed."""
    if not request.is_json:
        raise Malformed(say("Send JSON, with the header Content-Type: application/json."))
    try:
        payload = request.get_json()
    except (ValueError, RecursionError) as error:
        raise Malformed(say("The body is not valid JSON.")) from error
    if not isinstance(payload, dict):
        raise Malformed(say("Send a JSON object: names and values in braces."))
    return payload


def flattened(messages: Any) -> dict[str, list[str]]:
    """marshmallow's messages as field → sentences, whatever was nested."""
    return {str(k): _sentences(v) for k, v in messages.items()}


def _sentences(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [f"{k}: {s}" for k, v in value.items() for s in _sentences(v)]
    if isinstance(value, list):
        return [s for v in value for s in _sentences(v)]
    return [str(value)]
