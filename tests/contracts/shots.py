"""What is fired at a route: another tenant's ids wherever the route reads anything.

A shot names its target by places (`<ID>`, `<UUID>` …, see routes.py), so that it can be fired at a
real stranger and at nobody: the two answers must not differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any

import prison  # type: ignore[import-untyped]  # ships no types
from sqlalchemy import inspect
from sqlalchemy.orm import Mapper

from core.models.base import Base, TenantMixin
from core.testing.world import World
from core.web.fab import AdminApi, AdminView
from tests.contracts.routes import (
    ID,
    MARK,
    SLUG,
    Route,
    aimed,
    body_of_operation,
    is_target,
    path_of,
    path_values,
    relations_of,
    words_of,
)


@dataclass(frozen=True)
class Shot:
    """One request. `is_named`: the path names a target, so it must be answered as if nobody were
    there. `is_paired`: fire it at nobody too, and compare."""

    path: str
    query: dict[str, Any] = field(default_factory=dict)
    form: dict[str, Any] | None = None
    json: Any = None
    is_named: bool = False
    is_paired: bool = False


@cache
def key_names() -> frozenset[str]:
    """Every name under which some noun refers to another: relations and their columns."""
    found = {"id", "tenant_id", "tenant", "ids", "pk", "rowid", "uuid"}
    for mapper in Base.registry.mappers:
        if issubclass(mapper.class_, TenantMixin):
            found |= _keys_of(mapper)
    return frozenset(found)


def _keys_of(mapper: Mapper[Any]) -> set[str]:
    columns = {column.name for column in mapper.columns if column.foreign_keys}
    noun = str(mapper.local_table.name)
    return columns | set(mapper.relationships.keys()) | {noun, f"{noun}_id"}


def blast(route: Route) -> dict[str, Any]:
    """The target's id under every name that refers to something, or that the route reads."""
    names = key_names() | words_of(route.function) if route.function else key_names()
    return dict.fromkeys(sorted(names - {"csrf_token", "action"}), ID) | {"q": MARK}


def shots_at(world: World, route: Route) -> Iterator[Shot]:
    """Everything to fire at one route."""
    for values in path_values(world, route):
        path = path_of(route.rule, values)
        is_named = any(is_target(name) for name in values)
        if route.method == "GET":
            yield from _reads(route, path, is_named)
        else:
            yield from _writes(world, route, path, is_named)


def _reads(route: Route, path: str, is_named: bool) -> Iterator[Shot]:
    yield Shot(path, is_named=is_named, is_paired=is_named)
    yield Shot(path, query=blast(route), is_paired=True, is_named=is_named)
    if isinstance(route.view, AdminView):
        yield from _screen_reads(route, path)
    elif isinstance(route.view, AdminApi):
        yield from _rest_reads(route, path)


def _screen_reads(route: Route, path: str) -> Iterator[Shot]:
    view = route.view
    name = type(view).__name__
    if route.action in ("list", "export"):
        chosen = _chosen_filters(view)
        yield from (
            Shot(path, query={f"_flt_{index}_{column}": value_for(view, column)})
            for column, index, _choice in (chosen if route.action == "list" else chosen[:1])
        )
    if route.action == "list":
        yield from (Shot(path, query={f"_oc_{name}": column}) for column in _reaching(view))
        yield Shot(path, query={f"after_{name}": ID})
        yield Shot(path, query={f"page_{name}": "1", f"psize_{name}": "1000000"})
    if route.action in ("add", "edit"):
        yield from (
            Shot(path, query={f"_flt_0_{relation}": ID}, is_paired=True)
            for relation in relations_of(view)
        )
    if route.action == "related":
        yield Shot(path, query={"q": MARK}, is_paired=True)
        yield Shot(path, query={"q": "%"})


def _rest_reads(route: Route, path: str) -> Iterator[Shot]:
    view = route.view
    if route.action == "get_list":
        for column, _index, choice in _chosen_filters(view):
            one = {"col": column, "opr": choice.arg_name, "value": value_for(view, column)}
            if choice.arg_name in ("in", "not_in"):
                one["value"] = [one["value"]]
            yield _asking(path, {"filters": [one]}, is_paired=True)
        yield _asking(path, {"keyset": {"after": ID}})
        yield _asking(path, {"page_size": -1})
    for column in _reaching(view):
        yield _asking(path, {"columns": [column]})
        if route.action == "get_list":
            yield _asking(path, {"order_column": column, "order_direction": "asc"})
            yield _asking(path, {"filters": [{"col": column, "opr": "ct", "value": MARK}]})


def _asking(path: str, wanted: dict[str, Any], is_paired: bool = False) -> Shot:
    # the dictionary is encoded when the shot is aimed: an id must be a number in it
    return Shot(path, query={"q": wanted}, is_paired=is_paired)


def _chosen_filters(view: Any) -> list[tuple[str, int, Any]]:
    """(column, index, filter): every column's first, every kind of filter, all of a relation's."""
    chosen, seen = [], set()
    for column, choices in view.__dict__["_filters_template"]._search_filters.items():
        for index, choice in enumerate(choices):
            kind = choice if isinstance(choice, type) else type(choice)
            if index == 0 or view.datamodel.is_relation(column) or kind not in seen:
                chosen.append((column, index, choice))
            seen.add(kind)
    return chosen


def _reaching(view: Any) -> list[str]:
    """Columns that a screen doesn't offer: the tenant's, and those behind each relation."""
    behind = [
        f"{relation}.{column.name}"
        for relation in relations_of(view)
        for column in inspect(view.datamodel.get_related_model(relation)).columns
        if column.name in ("tenant_id", "name", "email", "password", "digest", "slug")
    ]
    return ["tenant_id", "tenant.name", *behind]


def value_for(view: Any, column: str) -> Any:
    """What to search a column for: the target's own text, or its id."""
    model = view.datamodel
    if model.is_relation(column) or model.is_integer(column):
        return ID
    if model.is_boolean(column):
        return "true"
    if model.is_datetime(column) or model.is_date(column):
        return "2020-01-01"
    if model.is_enum(column):
        return next(iter(model.list_columns[column].type.enums))
    if model.is_numeric(column) or model.is_float(column):
        return "1000"
    return MARK


def _writes(world: World, route: Route, path: str, is_named: bool) -> Iterator[Shot]:
    own = aimed(path, world.mine)
    if is_named:
        yield Shot(path, **_empty(route), is_named=True, is_paired=True)
    for body in _bodies(world, route):
        if is_named:
            yield Shot(path, **body, is_named=True, is_paired=True)
        if not (is_named and ends_row(route)):
            yield Shot(own, **body, is_paired=True)


_ENDING = frozenset({"delete", "archive", "revoke", "discard", "retry", "read_again", "remove"})
_ENDING |= {"cancel", "forget", "reopen", "reverse"}  # a second time they say what stands there


def ends_row(route: Route) -> bool:
    """Whether the route takes our own row away, or moves it where it can't be moved again."""
    return route.method == "DELETE" or route.action in _ENDING


def _empty(route: Route) -> dict[str, Any]:
    return {"json": {}} if route.is_rest else {"form": {}}


def _bodies(world: World, route: Route) -> Iterator[dict[str, Any]]:
    if route.is_rest:
        yield from ({"json": body} for body in _json_bodies(world, route))
        return
    for form in route.forms:
        filled = form.filled()
        for name, each in form.fields.items():
            if name != "csrf_token" and each.kind in ("select", "hidden", "text", "number"):
                yield {"form": {**filled, name: [ID] if each.is_multiple else ID}}
        yield {"form": {**blast(route), **filled}}
    if route.action == "action_post" and isinstance(route.view, AdminView):
        for name in sorted(route.view.actions) or ["muldelete"]:
            yield {"form": {"action": name, "rowid": [ID]}}
            yield {"form": {"action": name, "rowid": [str(world.mine.key), ID]}}
    yield {"form": blast(route)}


def _json_bodies(world: World, route: Route) -> Iterator[Any]:
    yield blast(route)
    typed = body_of_operation(route.function)
    if typed is not None:
        yield {
            name: _json_value(name, info.annotation) for name, info in typed.model_fields.items()
        }
    if isinstance(route.view, AdminApi) and route.method in ("POST", "PUT"):
        with world.app.app_context():  # its schemas are made when first asked for
            bodies = list(_rest_bodies(route))
        yield from bodies


def _rest_bodies(route: Route) -> Iterator[Any]:
    view = route.view
    schema = view.add_model_schema if route.method == "POST" else view.edit_model_schema
    model = view.datamodel
    relations = [name for name in schema.fields if model.is_relation(name)]
    plain: dict[str, Any] = {}
    for name in schema.fields:
        if model.is_string(name) and name not in relations:
            plain[name] = {"phone": "", "email": "", "currency": "IDR", "language": "en"}.get(
                name, f"{ONCE} {name}"
            )
        elif model.is_datetime(name):
            plain[name] = "2026-11-30T10:00:00"
    plain |= dict.fromkeys(relations, OWN)
    yield {**plain}
    for name in relations:
        yield {**plain, name: ID}
        yield {**plain, name: [ID]}
        yield {**plain, name: {"id": ID}}
        yield {**plain, f"{name}_id": ID}
    for name in ("id", "tenant_id", "tenant", "uuid"):
        yield {**plain, name: ID}


OWN, ONCE = "<OWN>", "<ONCE>"
_numbers = count(1)


def _json_value(name: str, annotation: Any) -> Any:
    kind = str(annotation)
    if "int" in kind:
        return ID
    if "dict" in kind:
        return {}
    if "list" in kind:
        return [ID]
    if "Decimal" in kind:
        return "1"
    if "date" in kind:
        return "2026-11-30"
    return {"template": MARK, "kind": "simulator", "region": "ID"}.get(name, "a text")


def as_request(shot: Shot, target: Any, mine: Any) -> dict[str, Any]:
    """The shot as keyword arguments for a client."""
    query = {
        name: prison.dumps(aimed(value, target))
        if isinstance(value, dict)
        else aimed(value, target)
        for name, value in shot.query.items()
    }
    made: dict[str, Any] = {"path": aimed(shot.path, target), "query_string": query}
    if shot.form is not None:
        made["data"] = _with_own(aimed(shot.form, target), mine)
    elif shot.json is not None:
        made["json"] = _with_own(aimed(shot.json, target), mine)
    return made


def _with_own(values: Any, mine: Any) -> Any:
    if isinstance(values, dict):
        number = str(next(_numbers))  # a name that is taken would be another answer
        return {
            name: mine.key
            if value == OWN
            else (value.replace(ONCE, number) if isinstance(value, str) else value)
            for name, value in values.items()
        }
    return values


__all__ = ["ONCE", "SLUG", "Shot", "as_request", "blast", "ends_row", "shots_at"]
