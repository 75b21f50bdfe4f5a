"""Run-time hooks: only of plugins that are on, and one that fails hurts nobody."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pluggy
import pytest

from core.db import Database
from core.host.hooks import TenantHooks
from core.host.host import PluginHost
from core.host.switches import NotPinned

spec, impl = pluggy.HookspecMarker("t"), pluggy.HookimplMarker("t")


class Specs:
    @spec(firstresult=True)
    def choose(self, number):
        """The first who wants it."""

    @spec
    def tell(self, number):
        """Everybody."""


class Plugin:
    def __init__(self, name: str, answer: object = None, error: Exception | None = None) -> None:
        self.name, self.answer, self.error = name, answer, error
        self.heard: list[int] = []

    @impl
    def choose(self, number):
        return self.tell(number)

    @impl
    def tell(self, number):
        if self.error:
            raise self.error
        self.heard.append(number)
        return self.answer


class Renamed:
    """Answers `tell` under another name: pluggy 1.6's subset caller called it even when off."""

    @impl(specname="tell")
    def listen(self, number):
        return "renamed"


def build(
    enabled: set[str], *plugins: Plugin
) -> tuple[TenantHooks, list[str], Callable[..., None]]:
    manager = pluggy.PluginManager("t")
    manager.add_hookspecs(Specs)
    for plugin in plugins:
        manager.register(plugin, plugin.name)
    manager.register(Renamed(), "renamed")
    failed: list[str] = []

    def on_failure(plugin: str, hook: str, error: Exception) -> None:
        failed.append(f"{plugin}.{hook}: {error}")

    def switch(*names: str) -> None:
        enabled.clear()
        enabled.update(names)

    return TenantHooks(manager, lambda: frozenset(enabled), on_failure), failed, switch


def test_first_takes_the_first_answer_of_those_that_are_on() -> None:
    hooks, _, switch = build({"a", "b"}, Plugin("a", "A"), Plugin("b", "B"))
    assert hooks.first("choose", number=1) == "B"
    switch("a")
    assert hooks.first("choose", number=1) == "A"
    switch()
    assert hooks.first("choose", number=1) is None


def test_first_hands_on_what_a_plugin_raises() -> None:
    hooks, failed, _ = build({"a"}, Plugin("a", error=KeyError("gone")))
    with pytest.raises(KeyError, match="gone"):
        hooks.first("choose", number=1)
    assert failed == []


def test_gather_collects_from_those_that_are_on() -> None:
    hooks, _, switch = build({"a", "b", "renamed"}, Plugin("a", "A"), Plugin("b", "B"))
    assert hooks.gather("tell", number=1) == ["renamed", "B", "A"]
    switch("a")
    assert hooks.gather("tell", number=1) == ["A"]


def test_F7_notify_isolates_and_names_the_one_that_fails(
    caplog: pytest.LogCaptureFixture,
) -> None:
    before, after = Plugin("before"), Plugin("zafter")
    hooks, failed, _ = build(
        {"before", "middle", "zafter"}, before, Plugin("middle", error=KeyError("gone")), after
    )
    with caplog.at_level(logging.ERROR):
        hooks.notify("tell", number=7)
    assert before.heard == after.heard == [7]
    assert failed == ["middle.tell: 'gone'"]
    assert "Plugin middle failed in hook tell" in caplog.text


def test_F7_a_hook_that_fails_while_running_is_recorded_with_the_plugin(
    load: Callable[..., PluginHost], database: Database
) -> None:
    host = load("tests.host.sample.greeter", "tests.broken_plugins.running_raises")
    with database.tenant(1) as session:
        host.switches.enable(session, "running")
    with database.tenant(1, write=False) as session, host.switches.pinned(session):
        for _ in range(2):
            answers = host.hooks.gather("inbox_actions", conversation=5)
    assert [action.name for actions in answers for action in actions] == ["greet"]
    failure = host.active["running"].failures["inbox_actions"]
    assert failure.error == "LookupError: no such conversation"
    assert failure.count == 2


def test_F4_hooks_of_a_plugin_that_is_off_are_off_for_that_tenant_alone(
    host: PluginHost, database: Database
) -> None:
    with database.tenant(1) as session:
        host.switches.enable(session, "waver")
    answers = {}
    for tenant_id in (1, 2):
        with database.tenant(tenant_id, write=False) as session, host.switches.pinned(session):
            found = host.hooks.gather("inbox_actions", conversation=5)
            answers[tenant_id] = [action.name for actions in found for action in actions]
    assert answers == {1: ["wave", "greet"], 2: ["greet"]}


def test_message_notes_are_asked_of_the_plugins_that_are_on(
    host: PluginHost, database: Database
) -> None:
    with database.tenant(2, write=False) as session, host.switches.pinned(session):
        (notes,) = host.hooks.gather("message_notes", message="Halo")
    assert [(note.text, note.href) for note in notes] == [("Greeted Halo", "/greeter/")]


def test_inbox_tools_are_asked_of_the_plugins_that_are_on(
    host: PluginHost, database: Database
) -> None:
    with database.tenant(2, write=False) as session, host.switches.pinned(session):
        (tools,) = host.hooks.gather("inbox_tools")
    assert [tool.name for tool in tools] == ["greetings"]


def test_hooks_outside_a_request_or_job_are_refused(host: PluginHost) -> None:
    with pytest.raises(NotPinned, match="pinned"):
        host.hooks.gather("inbox_actions", conversation=5)
