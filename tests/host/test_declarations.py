"""What each start-up hook brings, and that names which must be unique are."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.host.host import PluginHost

PIGEON = "tests.host.sample.pigeon"


def test_models_menu_links_jobs_event_handlers_and_settings_form(host: PluginHost) -> None:
    greeter = host.active["greeter"].declared
    assert [model.__name__ for model in greeter.models] == ["Greeting"]
    assert [link.name for link in greeter.menu_links] == ["Greetings"]
    assert [job.name for job in greeter.jobs] == ["greeter.clean"]
    assert [handler.event.name for handler in greeter.event_handlers] == ["contact_created"]
    assert greeter.settings_form is not None
    assert greeter.settings_form().model_dump()["text"] == "Hello"


def test_merge_rules(host: PluginHost) -> None:
    (rule,) = host.active["greeter"].declared.merge_rules
    assert rule.name == "shortest"


def test_views_apis_and_channel_adapters(load: Callable[..., PluginHost]) -> None:
    host = load(PIGEON)
    pigeon = host.active["pigeon"].declared
    assert [view.view.__name__ for view in pigeon.views] == ["LoftView"]
    assert [api.api.__name__ for api in pigeon.apis] == ["FlightApi"]
    adapter = host.adapter("pigeon")
    assert adapter is pigeon.channel_adapters[0]
    assert host.owner_of_kind("pigeon") == "pigeon"
    assert host.adapter("raven") is host.owner_of_kind("raven") is None


def test_routing_policies_and_division_criteria(host: PluginHost) -> None:
    assert list(host.routing_policies({"greeter"})) == ["first"]
    assert list(host.division_criteria({"greeter"})) == ["greets"]
    assert host.routing_policies({"waver"}) == host.division_criteria(()) == {}


def test_triggers_conditions_and_actions(host: PluginHost) -> None:
    assert list(host.triggers({"greeter"})) == ["greeted"]
    assert list(host.conditions({"greeter"})) == ["tone"]
    assert list(host.actions({"greeter"})) == ["wave"]
    assert host.triggers({"waver"}) == host.conditions(()) == host.actions(()) == {}


def test_bots(host: PluginHost) -> None:
    assert list(host.bots({"greeter"})) == ["parrot"]
    assert host.bots({"waver"}) == {}


@pytest.mark.parametrize(
    ("module", "clash"),
    [
        ("same_view", "a view class LoftView"),
        ("same_kind", "the channel kind pigeon"),
        ("same_menu", "the menu entry Loft"),
    ],
)
def test_F7_names_that_must_be_unique_are(
    load: Callable[..., PluginHost], module: str, clash: str
) -> None:
    host = load(PIGEON, f"tests.broken_plugins.{module}")
    assert list(host.active) == ["pigeon"]
    assert host.records[-1].error == f"The plugin pigeon has {clash} already: rename yours."
