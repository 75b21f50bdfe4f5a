"""What the application serves, with what tests must know of each route to attack it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import CodeType
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.routing import Rule

from core.testing.world import World
from core.web.fab import AdminApi, AdminView
from core.web.operations.base import Body
from tests.contracts.pages import Form, forms_of


@dataclass
class Route:
    """One method of one rule. `view` is FAB's view or API behind it, if it is one."""

    rule: Rule
    method: str
    view: Any
    forms: list[Form] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        return str(self.rule.endpoint)

    @property
    def name(self) -> str:
        return f"{self.method} {self.rule}"

    @property
    def action(self) -> str:
        """The view's method: `list`, `show`, `get_list` …"""
        return self.endpoint.rpartition(".")[2]

    @property
    def is_rest(self) -> bool:
        return str(self.rule).startswith("/api/")

    @property
    def function(self) -> Any:
        found = getattr(self.view, self.action, None)  # a view's static folder has no method
        return None if found is None else inspect.unwrap(found)


def routes_of(app: Flask) -> list[Route]:
    """Every route, one entry for each method. HEAD and OPTIONS are GET's."""
    views = {view.endpoint: view for view in app.appbuilder.baseviews}  # type: ignore[attr-defined]
    return [
        Route(rule, method, views.get(str(rule.endpoint).rpartition(".")[0]))
        for rule in sorted(app.url_map.iter_rules(), key=str)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def path_of(rule: Rule, values: dict[str, str]) -> str:
    """The rule's path with `values`; not url_for, which refuses what a stranger may send."""
    return "".join(values[text] if is_dynamic else text for is_dynamic, text in rule._trace).split(
        "|", 1
    )[-1]


def words_of(function: Any) -> set[str]:
    """Every text constant in a function that could be a field's name: what it may read."""
    found: set[str] = set()
    todo: list[CodeType] = [function.__code__] if hasattr(function, "__code__") else []
    while todo:
        for constant in todo.pop().co_consts:
            if isinstance(constant, CodeType):
                todo.append(constant)
            elif isinstance(constant, str) and constant.isidentifier():
                found.add(constant)
    return found


def body_of_operation(function: Any) -> type[Body] | None:
    """The typed body that an operation reads."""
    if not hasattr(function, "__code__"):
        return None
    named = (function.__globals__.get(name) for name in function.__code__.co_names)
    return next((b for b in named if isinstance(b, type) and issubclass(b, Body)), None)


def find_forms(world: World, routes: list[Route]) -> None:
    """Let every page of `mine` say which forms lead where, and keep them at their routes."""
    browser = world.browser()
    adapter = world.app.url_map.bind("localhost")
    posts = {route.endpoint: route for route in routes if route.method == "POST"}
    for route in routes:
        if route.method != "GET" or route.is_rest or "logout" in route.endpoint:
            continue
        for path in own_paths(world, route):
            answer = browser.get(path)
            if answer.status_code != 200 or not answer.mimetype.startswith("text/html"):
                continue
            for form in forms_of(answer.get_data(as_text=True)):
                action = urlsplit(form.action).path or path
                try:
                    endpoint, _ = adapter.match(action, method="POST")
                except Exception:  # a form that leads nowhere is another test's business
                    continue
                _keep(posts.get(str(endpoint)), form)


def _keep(post: Route | None, form: Form) -> None:
    """Remember a form at its route, unless one with the same fields and more is known."""
    if post is None or not form.fields:
        return
    if not any(form.fields.keys() <= known.fields.keys() for known in post.forms):
        post.forms.append(form)


def own_paths(world: World, route: Route) -> Iterator[str]:
    """The route's addresses for a row of `mine`."""
    for values in path_values(world, route):
        yield aimed(path_of(route.rule, values), world.mine)


ID, UUID, SLUG, MARK = "<ID>", "<UUID>", "<SLUG>", "<MARK>"


def aimed(value: Any, owner: Any) -> Any:
    """`value` with the places that name a target filled with `owner`'s; ids alone become ints."""
    if value == ID:
        return owner.key
    if isinstance(value, str):
        for place, text in (
            (ID, str(owner.key)),
            (UUID, str(owner.uuid)),
            (SLUG, owner.slug),
            (MARK, owner.mark),
        ):
            value = value.replace(place, text)
        return value
    if isinstance(value, dict):
        return {aimed(k, owner): aimed(v, owner) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [aimed(one, owner) for one in value]
    return value


def path_values(world: World, route: Route) -> list[dict[str, str]]:
    """Every way to fill the rule's parameters with a target."""
    found: list[dict[str, str]] = [{}]
    for name in sorted(route.rule.arguments):
        converter = type(route.rule._converters[name]).__name__
        values = [UUID] if converter == "UUIDConverter" else _values(world, route, name)
        found = [{**one, name: value} for one in found for value in values]
    return found


def _values(world: World, route: Route, name: str) -> list[str]:
    view = route.view
    if name == "pk" or name.endswith("_id"):
        return [ID]
    if "slug" in name:
        return [SLUG]
    if name == "kind":
        return sorted(world.desk.host.adapters)
    if name == "column" and isinstance(view, AdminView):
        return relations_of(view) or ["tenant"]
    if name == "name" and isinstance(view, AdminView):
        return sorted(view.actions) or ["muldelete"]
    return [ID, UUID, SLUG]


def is_target(name: str) -> bool:
    """Whether a path's parameter names a row or a tenant; the others name a column, a language."""
    return name in ("pk", "slug", "uuid") or name.endswith(("_id", "_uuid"))


def relations_of(view: AdminView | AdminApi) -> list[str]:
    model = view.datamodel
    return [name for name in model.get_columns_list() if model.is_relation(name)]
