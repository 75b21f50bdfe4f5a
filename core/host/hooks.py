"""Calls hooks of the plugins that are on for the tenant at hand. No plugin author writes `if`.

Never for domain events (`core.events.publish` makes jobs of those): a plugin would run inside the
transaction of somebody else's cause.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

import pluggy

T = TypeVar("T")

_log = logging.getLogger(__name__)

OnFailure = Callable[[str, str, Exception], None]

# One entry for each hook and set of plugins in use: tenants on the same plan mostly share one.
_CACHED = 4096


class TenantHooks:
    """`first`, `gather` and `notify` over the enabled plugins. Arguments go by keyword.

    `enabled` answers for the request or job at hand; `on_failure(plugin, hook, error)` keeps what
    an isolated plugin raised. A plugin is asked before the ones it requires.

    The functions are called one by one: the loader refuses wrappers, so that is all pluggy would
    do. Its own call stops at the first exception, and its subset caller filters again each time
    (4 of 100 plugins implementing: 4.3 µs against 1.8; `benchmarks/dispatch.py`).
    """

    def __init__(
        self,
        manager: pluggy.PluginManager,
        enabled: Callable[[], frozenset[str]],
        on_failure: OnFailure,
    ) -> None:
        self._manager = manager
        self._enabled = enabled
        self._on_failure = on_failure
        self._cached = lru_cache(_CACHED)(self._select)

    def first(self, hook: str, **arguments: Any) -> Any:
        """The first answer that isn't None. What a plugin raises reaches the caller."""
        for each in self._implementing(hook):
            answer = _call(each, arguments)
            if answer is not None:
                return answer
        return None

    def gather(self, hook: str, **arguments: Any) -> list[Any]:
        """All answers that aren't None. A plugin that fails is left out, logged and named."""
        return self._gather(hook, arguments, lambda answer: [answer])

    def gather_all(self, hook: str, kind: type[T], **arguments: Any) -> list[T]:
        """What is in the sequences that a hook answers with; anything but a `kind` is a failure."""
        return self._gather(hook, arguments, lambda answer: _all_of(kind, answer))

    def notify(self, hook: str, **arguments: Any) -> None:
        """Tell everybody, for signals that write nothing. One that fails doesn't stop the rest."""
        self.gather(hook, **arguments)

    def _gather(
        self, hook: str, arguments: dict[str, Any], read: Callable[[Any], list[T]]
    ) -> list[T]:
        answers: list[T] = []
        for each in self._implementing(hook):
            try:
                answer = _call(each, arguments)
                answers += [] if answer is None else read(answer)
            except Exception as error:
                _log.exception("Plugin %s failed in hook %s", each.plugin_name, hook)
                self._on_failure(each.plugin_name, hook, error)
        return answers

    def forget(self) -> None:
        """Drop what is cached, after a plugin left."""
        self._cached.cache_clear()

    def _implementing(self, hook: str) -> tuple[pluggy.HookImpl, ...]:
        return self._cached(hook, self._enabled())

    def _select(self, hook: str, enabled: frozenset[str]) -> tuple[pluggy.HookImpl, ...]:
        implemented = getattr(self._manager.hook, hook).get_hookimpls()  # the first called is last
        return tuple(each for each in reversed(implemented) if each.plugin_name in enabled)


def _all_of(kind: type[T], answer: Any) -> list[T]:
    found = list(answer)
    for one in found:
        if not isinstance(one, kind):
            raise TypeError(f"answered {one!r:.80}: return {kind.__name__} objects.")
    return found


def _call(each: pluggy.HookImpl, arguments: dict[str, Any]) -> Any:
    return each.function(*[arguments[name] for name in each.argnames])
