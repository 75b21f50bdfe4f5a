"""Who may import whom: plugins the core's api, the core never a plugin, nobody another plugin."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import api

ROOT = Path(__file__).parents[2]

CORE = [path for path in sorted((ROOT / "core").rglob("*.py")) if "testing" not in path.parts]
PLUGINS = [
    path
    for path in sorted((ROOT / "plugins").rglob("*.py"))
    if not {"tests", "migrations"}.intersection(path.parts)
]
TESTS_OF_PLUGINS = [p for p in sorted((ROOT / "plugins").rglob("*.py")) if "tests" in p.parts]


def imported(source: str, package: str) -> Iterator[str]:
    """The absolute names of all modules that a source imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            up = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*(up if node.level else []), *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def of(path: Path) -> list[str]:
    package = ".".join(path.relative_to(ROOT).parent.parts)
    return list(imported(path.read_text(), package))


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def plugin_of(path: Path) -> str:
    """The folder that a built-in plugin owns, as a package."""
    parts = path.relative_to(ROOT).parent.parts
    return ".".join(parts[:3] if parts[1:2] == ("channels",) else parts[:2])


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", CORE, ids=ids)
def test_the_core_imports_no_plugin(path: Path) -> None:
    assert [name for name in of(path) if is_within(name, "plugins")] == []


@pytest.mark.parametrize("path", PLUGINS, ids=ids)
def test_a_plugin_imports_the_api_and_itself_only(path: Path) -> None:
    own = plugin_of(path)
    wrong = [
        name
        for name in of(path)
        if (is_within(name, "core") and not is_within(name, "core.api"))
        or is_within(name, "app")
        or (is_within(name, "plugins") and own != "plugins" and not is_within(name, own))
    ]
    assert wrong == []


def test_the_tests_of_plugins_use_the_test_kit() -> None:
    allowed = ("core.api", "core.testing")
    wrong = {
        f"{ids(path)}: {name}"
        for path in TESTS_OF_PLUGINS
        for name in of(path)
        if is_within(name, "core") and not any(is_within(name, each) for each in allowed)
    }
    assert wrong == set()


def test_what_the_api_offers_is_listed_and_exists() -> None:
    assert sorted(set(api.__all__)) == sorted(api.__all__)
    assert [name for name in api.__all__ if not hasattr(api, name)] == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import core.models", ["core.models"]),
        ("from core import models", ["core.models"]),
        ("def f():\n    from core.models import Contact", ["core.models.Contact"]),
        ("from . import adapter", ["plugins.a.adapter"]),
        ("from ..b.plugin import manifest", ["plugins.b.plugin.manifest"]),
    ],
)
def test_no_way_of_importing_is_overlooked(source: str, found: list[str]) -> None:
    assert list(imported(source, "plugins.a")) == found
