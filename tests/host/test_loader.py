"""Loading: what is broken is named with a cure, and everything else runs (F7)."""

from __future__ import annotations

import importlib
import importlib.metadata
import logging
import sys
from collections.abc import Callable

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import configure_mappers

import plugins
from core.host.host import PluginHost
from core.host.models import tables_of
from core.host.record import PluginStatus
from core.host.sources import Source
from core.models import Base

GREETER = "tests.host.sample.greeter"
BROKEN, MISSING, MISFIT = (
    PluginStatus.BROKEN,
    PluginStatus.MISSING_DEPENDENCY,
    PluginStatus.INCOMPATIBLE,
)

# (module in tests/broken_plugins, its state, words of the reason, words of the cure)
CASES = [
    ("import_error", BROKEN, "a_module_that_nobody_has", "install what it needs"),
    ("exits_at_import", BROKEN, "SystemExit: a script", "correct it"),
    ("no_manifest", BROKEN, "has no manifest", "add `manifest = Manifest("),
    ("bad_manifest", BROKEN, "'Bad Name' can't be a plugin's name", "use small letters"),
    ("misspelt_hook", BROKEN, "no hook menu_link:", "did you mean menu_links?"),
    ("bad_signature", BROKEN, "asks for customer", "def inbox_actions(conversation)"),
    ("wrapper_hook", BROKEN, "inbox_actions is a wrapper", "write a plain function"),
    ("unresolvable_key", BROKEN, "points at nowhere.id", "correct the foreign key"),
    ("bad_relationship", BROKEN, "relationship can't be configured", "Thing.contact"),
    ("string_relationship", BROKEN, "relationship can't be configured", "'Contact'"),
    ("backref", BROKEN, "uses backref", "on your own class only"),
    ("foreign_prefix", BROKEN, "Table thing doesn't bear", "call it prefixless_thing"),
    ("half_mapped", BROKEN, "after the table was made", "correct it"),
    ("late_models", BROKEN, "hook models failed at start-up", "correct it"),
    ("foreign_key_to_stranger", BROKEN, "another plugin's table", "name that plugin in requires"),
    ("core_base", BROKEN, "Thing is mapped on a base that isn't", "plugin_registry(name)"),
    ("own_base", BROKEN, "Thing is mapped on a base that isn't", "plugin_registry(name)"),
    ("registry_of_another", BROKEN, "greeter has its base already", "choose another name"),
    ("incompatible_core", MISFIT, "runs on Sapa >=99", "another Sapa"),
    ("incompatible_api", MISFIT, "generation 0 of the hooks", "newer version of the plugin"),
    ("missing_dependency", MISSING, "needs the plugin absent", "install or repair that one"),
    ("duplicate_name", BROKEN, f"taken by {GREETER}", "uninstall one of the two"),
    ("overlapping_name", BROKEN, "overlaps with greeter", "rename it"),
    ("core_table_name", BROKEN, "core's table conversation", "choose another name"),
    ("startup_raises", BROKEN, "hook jobs failed at start-up (ZeroDivisionError", "correct it"),
    ("startup_wrong_type", BROKEN, "returns '/somewhere'", "return MenuLink objects"),
    ("job_without_prefix", BROKEN, "core.clean doesn't bear its name", "call it jobber.core.clean"),
    ("handles_twice", BROKEN, "handles ContactCreated twice", "which may do both"),
    ("adapter_class", BROKEN, "returns the class Pigeon", "return an instance"),
    ("settings_without_default", BROKEN, "no default for must", "give each field one"),
]


def path(module: str) -> str:
    return f"tests.broken_plugins.{module}"


def assert_house_stands() -> None:
    """What one bad model would break for everybody."""
    names = [table.name for table in Base.metadata.sorted_tables]
    assert "conversation" in names
    assert "greeter_greeting" in names
    configure_mappers()
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    engine.dispose()


@pytest.mark.parametrize(("module", "status", "reason", "cure"), CASES)
def test_F7_a_broken_plugin_is_named_and_the_rest_runs(
    load: Callable[..., PluginHost], module: str, status: PluginStatus, reason: str, cure: str
) -> None:
    tables = set(Base.metadata.tables)
    host = load(GREETER, path(module))

    (broken,) = [record for record in host.records if not record.is_active]
    assert broken.origin == path(module)
    assert broken.status is status
    assert reason in broken.error
    assert cure in broken.error
    assert list(host.active) == ["greeter"]
    assert [name for name, _ in host.manager.list_name_plugin()] == ["greeter"]
    assert set(Base.metadata.tables) - tables <= {"greeter_greeting"}
    assert_house_stands()


@pytest.mark.parametrize(
    "module", ["core_base", "own_base", "half_mapped", "bad_relationship", "late_models"]
)
def test_F7_a_second_load_in_the_process_judges_the_same(
    load: Callable[..., PluginHost], module: str
) -> None:
    first = load(GREETER, path(module)).records[-1]
    second = load(GREETER, path(module)).records[-1]
    assert (second.status, second.error) == (first.status, first.error)
    assert second.status is BROKEN
    assert path(module) not in sys.modules
    assert_house_stands()


def test_F7_all_broken_plugins_at_once(
    load: Callable[..., PluginHost], caplog: pytest.LogCaptureFixture
) -> None:
    modules = [case[0] for case in CASES]
    with caplog.at_level(logging.ERROR):
        host = load(GREETER, "tests.host.sample.waver", *map(path, modules))
    assert set(host.active) == {"greeter", "waver"}
    broken = {record.origin: record for record in host.records if not record.is_active}
    assert set(broken) == set(map(path, modules))
    assert all(record.error.endswith(".") for record in broken.values() if record.status == BROKEN)
    assert "Plugin misspelt is broken" in caplog.text
    assert_house_stands()


def test_F7_a_circle_is_broken_and_what_needs_it_has_no_dependency(
    load: Callable[..., PluginHost],
) -> None:
    host = load(GREETER, path("cycle_a"), path("cycle_b"), path("needs_cycle"))
    for name in ("cycle_a", "cycle_b"):
        record = host.record(name)
        assert record is not None
        assert record.status is BROKEN
        assert "in a circle (cycle_" in record.error
        assert "take one out of requires" in record.error
    needs = host.record("needs_cycle")
    assert needs is not None
    assert needs.status is MISSING
    assert list(host.active) == ["greeter"]


def test_F7_what_requires_a_broken_plugin_says_which(load: Callable[..., PluginHost]) -> None:
    host = load(path("needs_broken"), path("misspelt_hook"))
    record = host.record("needs_broken")
    assert record is not None
    assert record.status is MISSING
    assert "misspelt" in record.error


def test_the_same_module_twice_keeps_the_first(load: Callable[..., PluginHost]) -> None:
    host = load(GREETER, GREETER)
    assert [record.status for record in host.records] == [PluginStatus.ACTIVE, BROKEN]
    assert_house_stands()


def test_what_is_required_comes_first_then_by_name(load: Callable[..., PluginHost]) -> None:
    host = load("tests.host.sample.waver", GREETER, "tests.host.sample.bridge")
    assert list(host.active) == ["bridge", "greeter", "waver"]


def test_declarations_are_known_with_their_owner(host: PluginHost) -> None:
    greeter = host.active["greeter"].declared
    assert [model.__name__ for model in host.models()] == ["Greeting"]
    assert greeter.menu_links[0].name == "Greetings"
    assert [(owner, job.name) for owner, job in host.job_specs()] == [
        ("greeter", "greeter.clean"),
        ("greeter", "greeter.on_contact_created"),
        ("waver", "waver.on_contact_created"),
    ]


def test_F3_a_third_party_comes_by_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    point = importlib.metadata.EntryPoint(
        "asinstance", "tests.host.sample.asinstance:plugin", "sapa.plugins"
    )
    asked: list[str] = []

    def entry_points(*, group: str) -> list[importlib.metadata.EntryPoint]:
        asked.append(group)
        return [point]

    monkeypatch.setattr("core.host.sources.entry_points", entry_points)
    host = PluginHost.load((GREETER,))
    assert asked == ["sapa.plugins"]
    assert list(host.active) == ["asinstance", "greeter"]
    assert host.active["asinstance"].origin == "tests.host.sample.asinstance:plugin"


def test_a_plugin_object_is_registered_like_a_module() -> None:
    from tests.host.sample.asinstance import plugin

    host = PluginHost([Source("x", "here:plugin", "tests.host.sample.asinstance", lambda: plugin)])
    assert list(host.active) == ["asinstance"]


def test_set_aside_takes_what_requires_it_along(host: PluginHost) -> None:
    host.set_aside("greeter", "Its screens can't be registered: correct the view.")
    assert list(host.active) == ["bridge"]
    waver = host.record("waver")
    assert waver is not None
    assert waver.status is MISSING
    assert host.job_specs() == []


def test_F7_all_builtin_plugins_run() -> None:
    host = PluginHost.load(plugins.BUILTIN, entry_points=False)
    assert [(record.name, record.error) for record in host.records if not record.is_active] == []
    assert len(host.active) == len(plugins.BUILTIN)


PARTS = {
    "__init__.py": "",
    "first.py": (
        "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n"
        "from core.api import plugin_registry\n"
        "class Base(DeclarativeBase):\n"
        "    registry = plugin_registry('sunrise')\n"
        "class One(Base):\n"
        "    __tablename__ = 'sunrise_one'\n"
        "    id: Mapped[int] = mapped_column(primary_key=True)\n"
    ),
    "second.py": (
        "from sqlalchemy.orm import Mapped, mapped_column\n"
        "from early_bird.first import Base\n"
        "class Two(Base):\n"
        "    __tablename__ = 'sunrise_two'\n"
        "    id: Mapped[int] = mapped_column(primary_key=True)\n"
    ),
    "plugin.py": (
        "from core.api import Manifest, hookimpl\n"
        "from early_bird.first import One\n"
        "from early_bird.second import Two\n"
        "manifest = Manifest(name='sunrise', title='Sunrise', version='1.0')\n"
        "@hookimpl\n"
        "def models():\n"
        "    return [One, Two]\n"
    ),
}


@pytest.mark.parametrize("imported", [["first"], ["first", "second"], ["plugin"]])
def test_models_may_be_imported_before_the_host_has_loaded_their_plugin(
    load, tmp_path, monkeypatch, imported
):
    package = tmp_path / "early_bird"
    package.mkdir()
    for name, source in PARTS.items():
        (package / name).write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    for name in imported:
        importlib.import_module(f"early_bird.{name}")
    path = "early_bird.plugin"
    host = load(path)
    assert [(each.status, each.error) for each in host.records] == [(PluginStatus.ACTIVE, "")]
    assert {table.name for table in tables_of(path)} == {"sunrise_one", "sunrise_two"}
    again = load(path)
    assert [each.status for each in again.records] == [PluginStatus.ACTIVE], "a second host too"
