"""Every hook is documented with its exact signature, tested, and few enough to read in one go."""

from __future__ import annotations

import inspect
import re
import tomllib
from pathlib import Path

import pytest

from core import hookspecs
from core.host.signatures import hook_signatures
from core.host.version import CORE_VERSION

ROOT = Path(__file__).parents[2]
HOOKS = hook_signatures(hookspecs)


def documented() -> dict[str, str]:
    """Heading → the text below it, of docs/hooks.md."""
    parts = re.split(r"^### `(.+)`$", (ROOT / "docs/hooks.md").read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_is_documented_with_its_exact_signature(name: str) -> None:
    heading = f"{name}{HOOKS[name]}".replace("'", "")  # annotations are strings
    assert heading in documented(), f"docs/hooks.md lacks the heading: ### `{heading}`"
    assert len(documented()[heading].split()) >= 12


def test_nothing_is_documented_that_is_not_a_hook() -> None:
    assert {heading.partition("(")[0] for heading in documented()} == set(HOOKS)


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_has_one_plain_docstring_and_types(name: str) -> None:
    function = getattr(hookspecs, name)
    assert re.fullmatch(r"[A-Z][^\n]+\.", inspect.getdoc(function) or "")
    signature = HOOKS[name]
    kinds = [signature.return_annotation, *(p.annotation for p in signature.parameters.values())]
    assert inspect.Signature.empty not in kinds


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_has_a_test_that_names_it(name: str) -> None:
    texts = [path.read_text() for path in (ROOT / "tests/host").rglob("*.py")]
    assert any(re.search(rf"\bdef {name}\(", text) for text in texts), "no sample implements it"
    assert any(
        re.search(rf"\b{name}\b", path.read_text()) for path in (ROOT / "tests/host").glob("test_*")
    ), "no test names it"


def test_the_list_of_hooks_reads_like_a_table_of_contents() -> None:
    assert len((ROOT / "core/hookspecs.py").read_text().splitlines()) < 300


def test_manifests_are_held_against_the_version_that_is_shipped() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == CORE_VERSION
