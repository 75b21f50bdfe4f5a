"""The wheel has all that a server needs, and the locks pin it without naming a host."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from core.host.version import CORE_VERSION

ROOT = Path(__file__).parents[2]
VENDOR = "core/web/static/vendor"
LOCKS = ("requirements/run.lock", "requirements/dev.lock", "package-lock.json")


def sources() -> list[str]:
    """The files of `core` and `plugins`, and the few beside them that a build reads."""
    found = [path for top in ("core", "plugins") for path in (ROOT / top).rglob("*")]
    names = [path.relative_to(ROOT).as_posix() for path in found if path.is_file()]
    beside = ["app.py", "sapa.py", "pyproject.toml", "README.md", "LICENSE"]
    return [n for n in names if "__pycache__" not in n and not n.startswith(VENDOR)] + beside


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """The names in a wheel that was built from a clean copy."""
    copy = tmp_path_factory.mktemp("source")
    for name in sources():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    assert (ROOT / VENDOR / "fingerprint").is_file(), "the browser's parts are missing: make assets"
    shutil.copytree(ROOT / VENDOR, copy / VENDOR)
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "dist"],
        cwd=copy,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (built,) = (copy / "dist").glob("sapa-*.whl")
    with zipfile.ZipFile(built) as archive:
        return frozenset(archive.namelist())


def test_every_file_of_core_and_plugins_is_in_the_wheel(wheel: frozenset[str]):
    ours = {name for name in sources() if name.startswith(("core/", "plugins/"))}
    assert ours - wheel == set()


def test_the_browsers_parts_are_in_the_wheel(wheel: frozenset[str]):
    parts = {p.relative_to(ROOT).as_posix() for p in (ROOT / VENDOR).rglob("*") if p.is_file()}
    assert len(parts) > 5
    assert parts - wheel == set()


@pytest.mark.parametrize(
    "name",
    [
        "app.py",
        "sapa.py",
        "core/py.typed",
        "core/migrations/versions/0001_foundation.py",
        "core/web/templates/appbuilder/base.html",
        "core/web/static/sapa/sapa.css",
        "plugins/__init__.py",
        "plugins/sync/README.md",
        "plugins/channels/whatsapp_cloud/fixtures/messages.json",
        "LICENSE",
    ],
)
def test_what_a_server_needs_is_in_the_wheel(wheel: frozenset[str], name: str):
    assert any(each == name or each.endswith(f".dist-info/licenses/{name}") for each in wheel)


def test_nothing_else_is_in_the_wheel(wheel: frozenset[str]):
    outside = re.compile(r"core/|plugins/|app\.py$|sapa\.py$|sapa-[^/]+\.dist-info/")
    assert [name for name in wheel if not outside.match(name)] == []


def test_one_version_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == CORE_VERSION


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_host(name: str):
    text = (ROOT / name).read_text()
    # npm's lock has links to authors' pages in "funding", never in "resolved"
    assert re.findall(r'"resolved"|^--|\bfile:|@ |://(?=[^"]*\.(?:whl|tgz))', text, re.M) == []


def test_the_run_lock_pins_every_requirement():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pinned = {line.split("==")[0] for line in (ROOT / LOCKS[0]).read_text().splitlines()}
    for requirement in project["dependencies"]:
        name = re.split(r"[^a-zA-Z0-9-]", requirement, maxsplit=1)[0].lower()
        assert name in pinned
    everything = set((ROOT / LOCKS[1]).read_text().splitlines())
    assert set((ROOT / LOCKS[0]).read_text().splitlines()) <= everything
