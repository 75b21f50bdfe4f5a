"""CI's plugin fails what was skipped, and leaves the rest alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SKIPS = """
import pytest

@pytest.fixture
def browser():
    pytest.skip("no browser")

def test_passes():
    assert True

def test_skips_itself():
    pytest.skip("no server")

def test_skips_in_a_fixture(browser):
    assert True

@pytest.mark.skip(reason="not today")
def test_is_marked():
    assert True

@pytest.mark.xfail(strict=True)
def test_is_expected_to_fail():
    assert False
"""


def run(folder: Path, *options: str) -> str:
    """The closing lines of a test run in a folder of its own."""
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-rfE",
            f"--rootdir={folder}",
            *options,
            str(folder),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    ).stdout


@pytest.mark.parametrize("reason", ["no server", "no browser", "not today"])
def test_each_way_to_skip_fails(tmp_path: Path, reason: str):
    (tmp_path / "test_it.py").write_text(SKIPS)
    assert "1 passed, 3 skipped, 1 xfailed" in run(tmp_path)
    strict = run(tmp_path, "-p", "core.testing.no_skips")
    assert "failed" in strict.splitlines()[-1]
    assert reason in strict
    assert "1 passed, 1 xfailed" in strict.splitlines()[-1]


def test_a_module_that_skips_itself_fails(tmp_path: Path):
    (tmp_path / "test_it.py").write_text("import pytest\n\npytest.importorskip('no_such_module')\n")
    assert "1 skipped" in run(tmp_path)
    assert "1 error" in run(tmp_path, "-p", "core.testing.no_skips")
