"""Calls hooks of the plugins that are on for the tenant at hand. No plugin author writes `if`.

Never for domain events (`core.events.publish` makes jobs of those): a plain pluggy call stops at
the first exception, and a plugin would run inside the transaction of somebody else's cause.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pluggy

_log = logging.getLogger(__name__)

OnFailure = Callable[[str, str, Exception], None]

# One entry for each hook and set of plugins in use: tenants on the same plan mostly share one.
_CACHED = 4096


class TenantHooks:
    """`first`, `gather` and `notify` over the enabled plugins. Arguments go by keyword.

    `enabled` answers for the request or job at hand; `on_failure(plugin, hook, error)` keeps what
    an isolated plugin raised. Later plugins are asked before the ones they require.
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
        self._together = lru_cache(_CACHED)(self._subset)
        self._apart = lru_cache(_CACHED)(self._each)

    def first(self, hook: str, **arguments: Any) -> Any:
        """The first answer that isn't None. What a plugin raises reaches the caller."""
        return self._together(hook, self._enabled())(**arguments)

    def gather(self, hook: str, **arguments: Any) -> list[Any]:
        """All answers that aren't None. A plugin that fails is left out, logged and named."""
        answers = []
        for each in self._apart(hook, self._enabled()):
            try:
                answer = each.function(*[arguments[name] for name in each.argnames])
            except Exception as error:
                self._failed(each.plugin_name, hook, error)
            else:
                if answer is not None:
                    answers.append(answer)
        return answers

    def notify(self, hook: str, **arguments: Any) -> None:
        """Tell everybody, for signals that write nothing. One that fails doesn't stop the rest."""
        self.gather(hook, **arguments)

    def forget(self) -> None:
        """Drop cached callers, after a plugin left."""
        self._together.cache_clear()
        self._apart.cache_clear()

    def _failed(self, plugin: str, hook: str, error: Exception) -> None:
        _log.error("Plugin %s failed in hook %s", plugin, hook, exc_info=error)
        self._on_failure(plugin, hook, error)

    def _subset(self, hook: str, enabled: frozenset[str]) -> pluggy.HookCaller:
        off = [plugin for name, plugin in self._manager.list_name_plugin() if name not in enabled]
        return self._manager.subset_hook_caller(hook, off)

    def _each(self, hook: str, enabled: frozenset[str]) -> tuple[pluggy.HookImpl, ...]:
        # A subset caller for each plugin was 7 times slower: it filters all of them at each call.
        # Calling the functions is all that pluggy would do, since the loader refuses wrappers.
        implemented = getattr(self._manager.hook, hook).get_hookimpls()
        return tuple(each for each in reversed(implemented) if each.plugin_name in enabled)
