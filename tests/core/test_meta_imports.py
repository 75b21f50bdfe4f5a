"""`core.meta` is a library for plugins: nothing in the core stands on a provider."""

from __future__ import annotations

import re
from pathlib import Path

CORE = Path(__file__).parents[2] / "core"
ALLOWED = {"core/api.py"}


def test_only_the_plugin_api_imports_it() -> None:
    found = {
        path.relative_to(CORE.parent).as_posix()
        for path in CORE.rglob("*.py")
        if "meta" not in path.relative_to(CORE).parts
        and re.search(r"^\s*(from core\.meta|from core import .*\bmeta\b)", path.read_text(), re.M)
    }
    assert found == ALLOWED
