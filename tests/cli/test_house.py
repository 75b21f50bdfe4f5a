"""A foreign `core` or `plugins` is noticed at the start, in each way it can come about."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def version_with(*path: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """`sapa --version`, with these folders first on the module path."""
    return subprocess.run(
        [sys.executable, "-m", "sapa", "--version"],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("name", ["core", "plugins"])
def test_a_package_of_the_same_name_comes_first(tmp_path: Path, name: str):
    (tmp_path / "other" / name).mkdir(parents=True)
    (tmp_path / "other" / name / "__init__.py").write_text("")
    done = version_with(tmp_path / "other", ROOT, cwd=tmp_path)
    assert done.returncode == 1
    assert f"The Python package “{name}” here is not Sapa's" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder as pip leaves it: our files, and the digests that it recorded of them."""
    site = tmp_path / "site"
    bare = shutil.ignore_patterns("__pycache__", "static", "templates")
    for name in ("core", "plugins"):
        shutil.copytree(ROOT / name, site / name, ignore=bare)
    for name in ("app.py", "sapa.py"):
        shutil.copy(ROOT / name, site / name)
    info = site / "sapa-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sapa\nVersion: 0.1.0\n")
    rows = []
    for name in ("core/__init__.py", "core/house.py", "plugins/__init__.py", "app.py"):
        digest = hashlib.sha256((site / name).read_bytes()).digest()
        rows.append(f"{name},sha256={base64.urlsafe_b64encode(digest).rstrip(b'=').decode()},1")
    (info / "RECORD").write_text("\n".join(rows) + "\n")
    return site


def test_an_untouched_installation_starts(installed: Path, tmp_path: Path):
    done = version_with(installed, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["core/__init__.py", "plugins/__init__.py", "app.py"])
def test_another_wheel_was_unpacked_over_ours(installed: Path, tmp_path: Path, name: str):
    with (installed / name).open("a") as file:
        file.write("\n# somebody else's\n")
    other = installed / "conflict_lib-1.0.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: conflict-lib\nVersion: 1.0\n")
    (other / "RECORD").write_text(f"{name},,\n")
    done = version_with(installed, cwd=tmp_path)
    assert done.returncode == 1
    assert "is not Sapa's (it comes with conflict-lib)" in done.stderr
