"""Flask-AppBuilder, imported without what it doesn't use. Import this before any part of it.

FAB asks SQLAlchemy-Utils for one class, to recognise its columns, and gets phone numbers,
passwords, colours, currencies and the dialects of four databases with it: a quarter of what
importing FAB takes. We don't use those columns; a plugin may, and FAB still recognises them.

Where Pillow is installed, FAB imports it for columns of pictures kept in files. We offer none:
attachments go through `core.media`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

_MODULE = "sqlalchemy_utils.types.uuid"


class _EqualsTheReal(type):
    def __eq__(cls, other: object) -> bool:
        real = sys.modules.get(_MODULE)  # nobody can have one of its columns without it
        return cls is other or (real is not None and other is real.UUIDType)

    def __hash__(cls) -> int:
        return hash(_MODULE)


class UUIDType(metaclass=_EqualsTheReal):
    """What FAB compares a column's class with. Whoever uses the real one imports it."""


@contextmanager
def _standing_in() -> Iterator[None]:
    if "sqlalchemy_utils" in sys.modules or "flask_appbuilder" in sys.modules:
        yield
        return
    parts = _MODULE.split(".")
    names = [".".join(parts[:end]) for end in range(1, len(parts) + 1)]
    for name in names:
        sys.modules[name] = ModuleType(name)
    sys.modules[_MODULE].UUIDType = UUIDType  # type: ignore[attr-defined]  # a module is open
    if "PIL" not in sys.modules:
        names.append("PIL")
        sys.modules["PIL"] = None  # type: ignore[assignment]  # how Python says: not to be imported
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]


with _standing_in():
    from flask_appbuilder import Model

__all__ = ["Model"]
