"""A plugin's models: a registry of its own on the shared metadata, so that a bad one can go again.

In one registry for all, a single `relationship()` that can't be configured stops every mapper of
the process; one foreign key that can't be resolved breaks `metadata.sorted_tables` for everybody.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Table, event
from sqlalchemy.exc import InvalidRequestError, NoReferenceError, SQLAlchemyError
from sqlalchemy.orm import Mapper, registry

from core.host.manifest import Manifest, check_name
from core.models.base import Base

_ORIGIN = "plugin_origin"

# Process-wide, as the metadata is that they stand on: (plugin's name) → (origin, registry).
_registries: dict[str, tuple[str, registry]] = {}


class ModelError(ValueError):
    """A plugin's model that would harm others, with a sentence that says what to change."""


def plugin_registry(name: str) -> registry:
    """The registry for a plugin's own declarative base, on the metadata that all share.

        class Base(DeclarativeBase):
            registry = plugin_registry("loyalty")

    Refer to the core's classes as objects, never by a string. Raises ModelError when the plugin has
    its base already.
    """
    check_name(name)
    if name in _registries:
        raise ModelError(f"A plugin named {name} has its base already: choose another name.")
    made = registry(metadata=Base.metadata)
    _registries[name] = ("", made)
    return made


@contextmanager
def watched(origin: str) -> Iterator[None]:
    """Note which tables and registries a block adds, as `origin`'s. Raises ModelError.

    A class that the block maps elsewhere than on a `plugin_registry` is unmapped again.
    """
    tables, names = set(Base.metadata.tables), set(_registries)
    mapped: list[Mapper[Any]] = []

    def remember(mapper: Mapper[Any], class_: type) -> None:
        mapped.append(mapper)

    event.listen(Mapper, "after_mapper_constructed", remember)
    try:
        yield
    finally:
        event.remove(Mapper, "after_mapper_constructed", remember)
        for key in Base.metadata.tables.keys() - tables:
            Base.metadata.tables[key].info[_ORIGIN] = origin
        grown = {mapper.registry for mapper in mapped}
        for name, (owner, made) in list(_registries.items()):
            # no owner yet: a part of the plugin was imported before the loader came for it
            if name not in names or (not owner and made in grown):
                _registries[name] = (origin, made)
        own = [made for _, made in _registries_of(origin)]
        strays = [mapper for mapper in mapped if mapper.registry not in own]
        for mapper in strays:
            _unmap(mapper)
    if strays:
        raise ModelError(
            f"{strays[0].class_.__name__} is mapped on a base that isn't the plugin's: derive it "
            "from one with `registry = plugin_registry(name)`."
        )


def adopt(origin: str, name: str) -> None:
    """Take models that were imported before the loader came for `origin`'s: by a test, a script."""
    owner, made = _registries.get(name, ("", None))
    if made is None or owner not in ("", origin):
        return
    _registries[name] = (origin, made)
    for mapper in made.mappers:
        if isinstance(mapper.local_table, Table):
            mapper.local_table.info[_ORIGIN] = origin


def tables_of(origin: str) -> list[Table]:
    """The tables that a plugin added."""
    return [t for t in Base.metadata.tables.values() if t.info.get(_ORIGIN) == origin]


def core_table_with(manifest: Manifest) -> str:
    """A table of the core that a plugin of this name would take for its own, or ""."""
    for table in Base.metadata.tables.values():
        claimed = table.name == manifest.name or table.name.startswith(manifest.table_prefix)
        if claimed and _ORIGIN not in table.info:
            return str(table.name)
    return ""


def check_models(origin: str, manifest: Manifest, required: Iterable[str]) -> None:
    """Resolve a plugin's foreign keys and mappers before anybody else meets them.

    `required` are the origins of the plugins it requires. Raises ModelError.
    """
    reachable = {origin, *required}
    for table in tables_of(origin):
        _check_prefix(table, manifest)
        _check_foreign_keys(table, reachable)
    for _, made in _registries_of(origin):
        _check_relationships(made)


def _check_prefix(table: Table, manifest: Manifest) -> None:
    if table.name != manifest.name and not table.name.startswith(manifest.table_prefix):
        raise ModelError(
            f"Table {table.name} doesn't bear the plugin's name: call it "
            f"{manifest.table_prefix}{table.name}."
        )


def _check_foreign_keys(table: Table, reachable: set[str]) -> None:
    for key in table.foreign_keys:
        try:
            target = key.column.table
        except NoReferenceError:
            raise ModelError(
                f"{table.name}.{key.parent.name} points at {key.target_fullname}, which doesn't "
                "exist: correct the foreign key."
            ) from None
        owner = target.info.get(_ORIGIN)
        if owner is not None and owner not in reachable:
            raise ModelError(
                f"{table.name}.{key.parent.name} points at {target.name}, another plugin's table: "
                "name that plugin in requires, or keep a plain id."
            )


def _check_relationships(made: registry) -> None:
    for mapper in made.mappers:
        for prop in mapper._init_properties.values():
            # a backref would hang an attribute on the core's class, and stay there
            if getattr(prop, "backref", None):
                raise ModelError(
                    f"{mapper.class_.__name__} uses backref: declare the relationship on your own "
                    "class only."
                )
    try:
        made.configure(cascade=True)
    except (SQLAlchemyError, InvalidRequestError) as error:
        raise ModelError(f"A relationship can't be configured: {first_line(error)}") from error


def discard(origin: str, module: str) -> None:
    """Take a plugin's models away: its mappers, its tables, and its imported modules.

    The modules go so that a second load in this process imports, and judges, the same code again.
    """
    for name, made in _registries_of(origin):
        made.dispose()
        del _registries[name]
    for table in tables_of(origin):
        Base.metadata.remove(table)
    package = module.removesuffix(".plugin")
    for name in list(sys.modules):
        if name == module or (package != module and (name + ".").startswith(package + ".")):
            del sys.modules[name]


def first_line(error: BaseException) -> str:
    """An exception in one line, for a person: its type where it has no words."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def _registries_of(origin: str) -> list[tuple[str, registry]]:
    return [(name, made) for name, (owner, made) in _registries.items() if owner == origin]


def _unmap(mapper: Mapper[Any]) -> None:
    # SQLAlchemy disposes whole registries only, and the core's can't go for one stray class. These
    # are the two steps of `registry.dispose()`, for one mapper.
    mapper.registry._managers.pop(mapper.class_manager, None)
    mapper.registry._dispose_manager_and_mapper(mapper.class_manager)
