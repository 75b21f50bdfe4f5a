"""A REST resource's schemas, made when somebody first uses them.

Upstream makes four for each resource at boot: a third of the time that the application takes to
be built, and most processes answer from a few of them.
"""

from __future__ import annotations

from threading import Lock
from typing import Any

_making = Lock()


class LazySchema:
    """The schema of `<kind>_columns`. Kept on the API once made; assigning one replaces it."""

    def __init__(self, kind: str, *, is_nested: bool) -> None:
        self._kind = kind
        self._is_nested = is_nested

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, api: Any, owner: type) -> Any:
        if api is None or isinstance(api.model2schemaconverter, type):
            return None  # FAB asks, while it is being set up, whether one was given
        with _making:
            if self._name not in api.__dict__:
                api.__dict__[self._name] = api.model2schemaconverter.convert(
                    getattr(api, f"{self._kind}_columns"),
                    nested=self._is_nested,
                    parent_schema_name=getattr(api, f"{self._name}_name"),
                )
        return api.__dict__[self._name]


class LazySchemas:
    """Mixin of a REST resource, before upstream's class."""

    list_model_schema = LazySchema("list", is_nested=True)
    show_model_schema = LazySchema("show", is_nested=True)
    add_model_schema = LazySchema("add", is_nested=False)
    edit_model_schema = LazySchema("edit", is_nested=False)

    def _init_model_schemas(self) -> None:
        """Nothing at boot."""

    def __dir__(self) -> list[str]:
        """Without the schemas: upstream looks for routes in whatever is named here."""
        return sorted({*super().__dir__()} - _SCHEMAS)


_SCHEMAS = {name for name, value in vars(LazySchemas).items() if isinstance(value, LazySchema)}
