"""What the host knows about one plugin: who it is, how it stands, and what it declared."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import BaseModel

    from core.adapter import Adapter
    from core.automation import Action, Condition, Trigger
    from core.bots import Bot
    from core.host.declarations import ApiDecl, Handler, MenuLink, MergeRule, ViewDecl
    from core.host.manifest import Manifest
    from core.jobs.schedule import Periodic
    from core.jobs.spec import JobSpec
    from core.routing import DivisionCriterion, RoutingPolicy


class PluginStatus(StrEnum):
    """Only an active plugin can be switched on; the others say why not."""

    ACTIVE = "active"
    INCOMPATIBLE = "incompatible"
    MISSING_DEPENDENCY = "missing_dependency"
    BROKEN = "broken"


@dataclass(frozen=True)
class Failure:
    """A hook of a running plugin that raised: shown beside the plugin until the next start."""

    hook: str
    error: str
    at: datetime
    count: int = 1


@dataclass
class Declared:
    """What a plugin's start-up hooks returned."""

    models: tuple[type[Any], ...] = ()
    views: tuple[ViewDecl, ...] = ()
    apis: tuple[ApiDecl, ...] = ()
    menu_links: tuple[MenuLink, ...] = ()
    jobs: tuple[JobSpec | Periodic, ...] = ()
    event_handlers: tuple[Handler[Any], ...] = ()
    merge_rules: tuple[MergeRule, ...] = ()
    settings_form: type[BaseModel] | None = None
    channel_adapters: tuple[Adapter, ...] = ()
    routing_policies: tuple[RoutingPolicy, ...] = ()
    division_criteria: tuple[DivisionCriterion, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    conditions: tuple[Condition, ...] = ()
    actions: tuple[Action, ...] = ()
    bots: tuple[Bot, ...] = ()


@dataclass
class PluginRecord:
    """One plugin. `origin` says where it comes from: a module path, or an entry point's value.

    `error` is a sentence with a cure, "" for an active plugin. `failures` are by hook.
    """

    name: str
    origin: str
    module: str
    plugin: object = None
    manifest: Manifest | None = None
    status: PluginStatus = PluginStatus.ACTIVE
    error: str = ""
    declared: Declared = field(default_factory=Declared)
    failures: dict[str, Failure] = field(default_factory=dict)

    @property
    def is_active(self) -> bool:
        return self.status is PluginStatus.ACTIVE

    @property
    def title(self) -> str:
        return self.manifest.title if self.manifest else self.name

    def fail(self, status: PluginStatus, error: str) -> None:
        """Set the plugin aside. The first reason stays: later ones follow from it."""
        if self.is_active:
            self.status, self.error = status, error
            self.declared = Declared()
