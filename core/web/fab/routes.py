"""FAB's decorators with types, so that a typed screen stays typed under them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from flask import Flask
from flask_appbuilder.actions import (
    action as stock_action,
)
from flask_appbuilder.api import (
    expose as stock_expose,
)
from flask_appbuilder.api import (
    merge_response_func,
)
from flask_appbuilder.api import (
    permission_name as stock_permission_name,
)
from werkzeug.routing import IntegerConverter, Map

from core.tenancy.session import KEY_MAX

Method = TypeVar("Method", bound=Callable[..., Any])


class KeyConverter(IntegerConverter):
    """`<int:…>` in an address: a number that can be a row's id. Others are a 404."""

    regex = "[0-9]+"  # upstream reads every script's digits

    def __init__(self, rules: Map, **options: Any) -> None:
        super().__init__(rules, **{"max": KEY_MAX, **options})


def bound_keys(app: Flask) -> None:
    """Let no address ask for an id that no key can be. Call before the first route."""
    app.url_map.converters["int"] = KeyConverter


def expose(url: str = "/", methods: Sequence[str] = ("GET",)) -> Callable[[Method], Method]:
    """Serve this method at `url`, below the screen's route_base. Put it outermost."""
    return cast(Callable[[Method], Method], stock_expose(url, methods))


def action(
    name: str,
    text: str,
    confirmation: str | None = None,
    icon: str | None = None,
    multiple: bool = True,
    single: bool = True,
) -> Callable[[Method], Method]:
    """Offer this method on rows: a list of them (`multiple`, from a list page) or one (`single`).

    Called by POST with the CSRF token only; ids come through the session. The permission is
    called `name`. `confirmation` is the question asked first.
    """
    return cast(
        Callable[[Method], Method], stock_action(name, text, confirmation, icon, multiple, single)
    )


def permission_name(name: str) -> Callable[[Method], Method]:
    """Call this method's permission `can_<name>`. Put it below has_access or protect."""
    return cast(Callable[[Method], Method], stock_permission_name(name))


def adds(merge: Any, key: str) -> Callable[[Method], Method]:
    """Let `merge(self, response)` add `key` to this REST method's answer."""
    return cast(Callable[[Method], Method], merge_response_func(merge, key))
