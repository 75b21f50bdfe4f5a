"""The plugin host: everything that plugins brought to one installation, and who brought it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pluggy

from core import hookspecs
from core.events import Event
from core.host.hooks import TenantHooks
from core.host.jobs import job_specs
from core.host.loader import load_plugins
from core.host.manifest import Manifest
from core.host.models import first_line
from core.host.ownership import Ownership
from core.host.record import Failure, PluginRecord, PluginStatus
from core.host.settings import PluginSettings
from core.host.sources import Source, builtin_sources, installed_sources
from core.host.switches import Switches
from core.models.base import now

if TYPE_CHECKING:
    from core.adapter import Adapter
    from core.automation import Action, Condition, Trigger
    from core.bots import Bot
    from core.jobs.schedule import Periodic
    from core.jobs.spec import JobSpec
    from core.routing import DivisionCriterion, RoutingPolicy


class PluginHost:
    """Built once for each process, by `PluginHost.load`; the app factory holds it.

    `records` has every plugin, the broken ones too. `hooks` calls run-time hooks, `switches` says
    what is on, `settings` keeps each tenant's settings, `ownership` knows whose a screen is.
    """

    def __init__(self, sources: Iterable[Source]) -> None:
        self.manager = pluggy.PluginManager(hookspecs.PROJECT)
        self.manager.add_hookspecs(hookspecs)
        self.records = tuple(load_plugins(self.manager, sources))
        self.switches = Switches(self)
        self.settings = PluginSettings(self)
        self.ownership = Ownership(self)
        self.hooks = TenantHooks(self.manager, self.switches.current, self.record_failure)
        self._index()

    @classmethod
    def load(cls, builtin: Iterable[str] = (), *, entry_points: bool = True) -> PluginHost:
        """Load the modules named in `builtin`, then (`entry_points`) installed distributions."""
        sources = builtin_sources(builtin)
        return cls([*sources, *installed_sources()] if entry_points else sources)

    def _index(self) -> None:
        self.active = {record.name: record for record in self.records if record.is_active}
        self.manifests: dict[str, Manifest] = {
            name: record.manifest for name, record in self.active.items() if record.manifest
        }
        self.adapters: dict[str, Adapter] = {}
        self._owner_of_kind: dict[str, str] = {}
        self._subscribers: dict[str, tuple[str, ...]] = {}
        for name, record in self.active.items():
            for adapter in record.declared.channel_adapters:
                self.adapters[adapter.kind] = adapter
                self._owner_of_kind[adapter.kind] = name
            for handler in record.declared.event_handlers:
                event = handler.event.name
                self._subscribers[event] = (*self._subscribers.get(event, ()), name)

    # asking

    def record(self, name: str) -> PluginRecord | None:
        """The plugin called `name`, whatever its state; of two that claim it the one that runs."""
        if name in self.active:
            return self.active[name]
        return next((record for record in self.records if record.name == name), None)

    def title(self, name: str) -> str:
        """What people call a plugin."""
        record = self.record(name)
        return record.title if record else name

    def adapter(self, kind: str) -> Adapter | None:
        """The adapter for a kind of channel, or None: its plugin isn't here, or is broken."""
        return self.adapters.get(kind)

    def owner_of_kind(self, kind: str) -> str | None:
        """The plugin that connects a kind of channel."""
        return self._owner_of_kind.get(kind)

    def subscribers(self, event: type[Event]) -> tuple[str, ...]:
        """The plugins that handle a type of event, on or off."""
        return self._subscribers.get(event.name, ())

    def routing_policies(self, enabled: Collection[str]) -> dict[str, RoutingPolicy]:
        """The policies of those plugins, by name."""
        return self._named("routing_policies", enabled)

    def division_criteria(self, enabled: Collection[str]) -> dict[str, DivisionCriterion]:
        """The criteria of those plugins, by name."""
        return self._named("division_criteria", enabled)

    def triggers(self, enabled: Collection[str]) -> dict[str, Trigger]:
        """The triggers of those plugins, by name."""
        return self._named("triggers", enabled)

    def conditions(self, enabled: Collection[str]) -> dict[str, Condition]:
        """What those plugins' conditions may ask, by name."""
        return self._named("conditions", enabled)

    def actions(self, enabled: Collection[str]) -> dict[str, Action]:
        """The actions of those plugins, by name."""
        return self._named("actions", enabled)

    def bots(self, enabled: Collection[str]) -> dict[str, Bot]:
        """The bots of those plugins, by name."""
        return self._named("bots", enabled)

    def _named(self, what: str, enabled: Collection[str]) -> dict[str, Any]:
        """In the order of the plugins, then as each declares them."""
        found = [record.declared for name, record in self.active.items() if name in enabled]
        return {each.name: each for declared in found for each in getattr(declared, what)}

    def job_specs(self) -> list[tuple[str, JobSpec | Periodic]]:
        """(owner, job) for the job registry: declared jobs and one for each event handler."""
        return job_specs(self.active.values(), self.switches)

    def models(self) -> list[type[Any]]:
        """The models of all active plugins."""
        return [model for record in self.active.values() for model in record.declared.models]

    # what goes wrong while running

    def record_failure(self, plugin: str, hook: str, error: Exception) -> None:
        """Keep what a hook raised, for the Plugins screen."""
        record = self.active.get(plugin)
        if record is None:
            return
        seen = record.failures.get(hook)
        failure = Failure(hook=hook, error=first_line(error), at=now())
        record.failures[hook] = replace(failure, count=seen.count + 1) if seen else failure

    def set_aside(self, name: str, error: str) -> None:
        """Take a plugin out that proved broken after it was loaded, and those that require it."""
        self._drop(self.active[name], PluginStatus.BROKEN, error)
        gone = {name}
        for other in self.active.values():  # what is required stands before what requires it
            if other.manifest and gone.intersection(other.manifest.requires):
                self._drop(
                    other,
                    PluginStatus.MISSING_DEPENDENCY,
                    f"It needs the plugin {name}, which doesn't run: repair that one first.",
                )
                gone.add(other.name)
        self._index()
        self.hooks.forget()
        self.switches.forget()

    def _drop(self, record: PluginRecord, status: PluginStatus, error: str) -> None:
        record.fail(status, error)
        self.manager.unregister(name=record.name)
