"""SQL that is compiled once a process, and not once a test.

Every installation opens engines of its own, and each would compile every statement anew: a third of
what a test takes. What is compiled belongs to a dialect, so engines of one kind share the first's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Dialect, Engine, event, make_url
from sqlalchemy.util import LRUCache

from core import db

STATEMENTS = 2_000  # an engine's own cache has 500


class Shared:
    """By backend the dialect that knows its server, and what was compiled for it."""

    def __init__(self) -> None:
        self._build = db.build_engine
        self._known: dict[str, tuple[Dialect, LRUCache[object, object]]] = {}

    def build_engine(self, url: str) -> Engine:
        """As `core.db.build_engine`."""
        engine = self._build(url)
        backend = make_url(url).get_backend_name()
        if backend in self._known:
            engine.dialect, compiled = self._known[backend]
            engine.update_execution_options(compiled_cache=compiled)
        else:
            event.listen(engine, "first_connect", lambda *_: self._keep(backend, engine))
        return engine

    def _keep(self, backend: str, engine: Engine) -> None:
        self._known.setdefault(backend, (engine.dialect, LRUCache(STATEMENTS)))


@contextmanager
def compiled_once() -> Iterator[None]:
    """Until the end of this, databases that are opened share what is compiled."""
    build, db.build_engine = db.build_engine, Shared().build_engine
    try:
        yield
    finally:
        db.build_engine = build
