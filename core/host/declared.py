"""Asks one plugin's start-up hooks and checks what they return."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pluggy
from pydantic import BaseModel, ValidationError

from core.events import Event
from core.host.declarations import ApiDecl, Handler, MenuLink, MergeRule, ViewDecl
from core.host.record import Declared, PluginRecord
from core.jobs.schedule import Periodic
from core.jobs.spec import JobSpec

_LISTS: dict[str, type | tuple[type, ...]] = {
    "models": type,
    "views": ViewDecl,
    "apis": ApiDecl,
    "menu_links": MenuLink,
    "jobs": (JobSpec, Periodic),
    "event_handlers": Handler,
    "merge_rules": MergeRule,
}


class DeclarationError(ValueError):
    """A start-up hook that failed or returned what the core can't register."""


def collect(manager: pluggy.PluginManager, name: str) -> Declared:
    """What the plugin registered as `name` declares. Raises DeclarationError."""
    answers: dict[str, Any] = {
        hook: _items(manager, name, hook, kind) for hook, kind in _LISTS.items()
    }
    declared = Declared(
        **answers,
        settings_form=_settings_form(manager, name),
        channel_adapters=_adapters(manager, name),
        routing_policies=_named(manager, name, "routing_policies", ("label", "choose", "reason")),
        division_criteria=_named(manager, name, "division_criteria", ("label", "check", "matches")),
        triggers=_named(manager, name, "triggers", ("label", "group", "variables")),
        conditions=_named(manager, name, "conditions", ("label", "kind", "read")),
        actions=_named(
            manager, name, "actions", ("label", "asks", "check", "told", "foresee", "run")
        ),
        bots=_named(manager, name, "bots", ("label", "asks", "check", "prepare", "answer")),
    )
    _check_jobs(name, declared)
    _check_handlers(declared)
    return declared


def find_clash(record: PluginRecord, others: Iterable[PluginRecord]) -> None:
    """Raise DeclarationError where another plugin has taken a name that must be unique.

    FAB keys permissions by a view class's name and by a menu entry's: two would share theirs.
    """
    mine = set(_taken(record.declared))
    for other in others:
        for kind, name in mine.intersection(_taken(other.declared)):
            raise DeclarationError(
                f"The plugin {other.name} has {kind} {name} already: rename yours."
            )


def _taken(declared: Declared) -> Iterable[tuple[str, str]]:
    for adapter in declared.channel_adapters:
        yield "the channel kind", adapter.kind
    for policy in declared.routing_policies:
        yield "the routing policy", policy.name
    for criterion in declared.division_criteria:
        yield "the division criterion", criterion.name
    for trigger in declared.triggers:
        yield "the trigger", trigger.name
    for condition in declared.conditions:
        yield "the condition", condition.name
    for action in declared.actions:
        yield "the action", action.name
    for bot in declared.bots:
        yield "the bot", bot.name
    for view in declared.views:
        yield "a view class", view.view.__name__
    for api in declared.apis:
        yield "a view class", api.api.__name__
    for name in [each.name for each in declared.views] + [e.name for e in declared.menu_links]:
        if name:
            yield "the menu entry", name
    for rule in declared.merge_rules:
        yield "the merge rule", rule.name


def _ask(manager: pluggy.PluginManager, name: str, hook: str) -> Any:
    others = [plugin for each, plugin in manager.list_name_plugin() if each != name]
    try:
        answers = manager.subset_hook_caller(hook, others)()
    except Exception as error:
        raise DeclarationError(
            f"Its hook {hook} failed at start-up ({type(error).__name__}: {error}): correct it; "
            "start-up hooks only declare."
        ) from error
    return answers[0] if answers else None


def _items(
    manager: pluggy.PluginManager, name: str, hook: str, kind: type | tuple[type, ...]
) -> tuple[Any, ...]:
    answer = _ask(manager, name, hook)
    if answer is None:
        return ()
    if not isinstance(answer, list | tuple):
        raise DeclarationError(f"Its hook {hook} returns a {type(answer).__name__}: return a list.")
    for item in answer:
        if not isinstance(item, kind):
            wanted = kind if isinstance(kind, tuple) else (kind,)
            names = " or ".join("class" if each is type else each.__name__ for each in wanted)
            raise DeclarationError(f"Its hook {hook} returns {item!r:.80}: return {names} objects.")
    return tuple(answer)


def _settings_form(manager: pluggy.PluginManager, name: str) -> type[BaseModel] | None:
    form = _ask(manager, name, "settings_form")
    if form is None:
        return None
    if not (isinstance(form, type) and issubclass(form, BaseModel)):
        raise DeclarationError(
            "Its hook settings_form returns no pydantic model class: return one."
        )
    try:
        form()
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise DeclarationError(
            f"Its settings have no default for {field}: give each field one, a tenant starts "
            "without any."
        ) from None
    return form


def _adapters(manager: pluggy.PluginManager, name: str) -> tuple[Any, ...]:
    adapters = _items(manager, name, "channel_adapters", object)
    kinds: set[str] = set()
    for adapter in adapters:
        if isinstance(adapter, type):
            raise DeclarationError(
                f"Its hook channel_adapters returns the class {adapter.__name__}: return an "
                "instance."
            )
        wanted = ("kind", "title", "capabilities", "settings", "handshake", "verify", "check")
        for attribute in (*wanted, "parse", "send"):
            if not hasattr(adapter, attribute):
                raise DeclarationError(
                    f"Its adapter {type(adapter).__name__} has no {attribute}: see "
                    "core.api.Adapter."
                )
        if adapter.kind in kinds:
            raise DeclarationError(f"It has two adapters for {adapter.kind}: take one out.")
        kinds.add(adapter.kind)
    return adapters


def _named(
    manager: pluggy.PluginManager, name: str, hook: str, wanted: tuple[str, ...]
) -> tuple[Any, ...]:
    """Objects that tenants' settings name, each once."""
    found = _items(manager, name, hook, object)
    seen: set[str] = set()
    for item in found:
        if isinstance(item, type):
            raise DeclarationError(
                f"Its hook {hook} returns the class {item.__name__}: return an instance."
            )
        for attribute in ("name", *wanted):
            if not hasattr(item, attribute):
                raise DeclarationError(
                    f"Its hook {hook} returns a {type(item).__name__} without {attribute}: see "
                    "docs/hooks.md."
                )
        if item.name in seen:
            raise DeclarationError(f"Its hook {hook} returns {item.name} twice: take one out.")
        seen.add(item.name)
    return found


def _check_jobs(name: str, declared: Declared) -> None:
    names = [job.name for job in declared.jobs]
    for job in names:
        if not job.startswith(f"{name}."):
            raise DeclarationError(f"Its job {job} doesn't bear its name: call it {name}.{job}.")
        if job.startswith(f"{name}.on_"):
            raise DeclarationError(
                f"Its job {job} has an event handler's name: rename it, on_ is taken."
            )
    for job in {job for job in names if names.count(job) > 1}:
        raise DeclarationError(f"It declares the job {job} twice: rename one.")


def _check_handlers(declared: Declared) -> None:
    seen: set[str] = set()
    for handler in declared.event_handlers:
        event = handler.event
        if not (isinstance(event, type) and issubclass(event, Event)):
            raise DeclarationError(f"It handles {event!r:.80}: name an event class of core.api.")
        if event.name in seen:
            raise DeclarationError(
                f"It handles {event.__name__} twice: a plugin has one handler for each event, "
                "which may do both."
            )
        seen.add(event.name)
