"""What switching costs a hook call: 100 plugins, half of them on, against pluggy alone.

The peers are an unfiltered pluggy call over the same plugins, and pluggy's own subset caller for
the half that is on. Prints microseconds a call, and the ratio.

    python -m benchmarks.dispatch
"""

from __future__ import annotations

import timeit
from collections.abc import Callable

import pluggy

from core.host.hooks import TenantHooks

PLUGINS, CALLS, ROUNDS = 100, 5_000, 7
spec, impl = pluggy.HookspecMarker("bench"), pluggy.HookimplMarker("bench")


class Specs:
    @spec
    def heard(self, number: int) -> int | None:
        """Every plugin may answer."""


class Silent:
    """A plugin that doesn't implement the hook."""


class Plugin:
    @impl
    def heard(self, number: int) -> int | None:
        return number


def main() -> None:
    for implementing in (4, PLUGINS):
        compare(implementing)


def compare(implementing: int) -> None:
    manager = pluggy.PluginManager("bench")
    manager.add_hookspecs(Specs)
    for number in range(PLUGINS):
        plugin: object = Plugin() if number < implementing else Silent()
        manager.register(plugin, f"plugin_{number}")
    on = frozenset(f"plugin_{number}" for number in range(0, PLUGINS, 2))
    hooks = TenantHooks(manager, lambda: on, lambda plugin, hook, error: None)
    off = [plugin for name, plugin in manager.list_name_plugin() if name not in on]
    subset = manager.subset_hook_caller("heard", off)
    assert subset(number=1) == hooks.gather("heard", number=1)  # noqa: S101 - else nothing to compare

    limit = fastest(lambda: manager.hook.heard(number=1))
    print(f"{implementing} of {PLUGINS} plugins implement the hook, half of them are on")
    print(f"  {'pluggy, unfiltered':<34} {limit:7.2f} µs")
    for title, call in (
        ("pluggy's subset caller", lambda: subset(number=1)),
        ("gather, each isolated", lambda: hooks.gather("heard", number=1)),
    ):
        spent = fastest(call)
        print(f"  {title:<34} {spent:7.2f} µs   ratio {spent / limit:.2f}")


def fastest(call: Callable[[], object]) -> float:
    """Microseconds of one call, in the best of some rounds: the machine is shared."""
    return min(timeit.repeat(call, number=CALLS, repeat=ROUNDS)) / CALLS * 1e6


if __name__ == "__main__":
    main()
