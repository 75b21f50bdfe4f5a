"""Keep docs/requirements.md true: which test proves which requirement.

`python -m tests.requirements` rewrites the last column: `test_D7_…` proves D7.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "requirements.md"
ROW = re.compile(r"^\| ([A-F]\d+) \| (.*?) \| (.*?) \|$")
TEST = re.compile(r"^ *def (test_([A-F]\d+)_\w+)\(", re.MULTILINE)
NONE_YET = "none yet"


def proofs_by_requirement() -> dict[str, list[str]]:
    """`{"D7": ["tests/…/test_x.py"]}`: the files that hold a test named after the number."""
    found: dict[str, set[str]] = defaultdict(set)
    for folder in ("tests", "plugins"):
        for path in sorted((ROOT / folder).rglob("test_*.py")):
            for match in TEST.finditer(path.read_text()):
                found[match[2]].add(path.relative_to(ROOT).as_posix())
    return {number: sorted(files) for number, files in found.items()}


def rewritten(page: str) -> str:
    """The page with its last column as the tests have it now."""
    proofs = proofs_by_requirement()

    def row(line: str) -> str:
        match = ROW.match(line)
        if match is None:
            return line
        files = proofs.get(match[1], [])
        links = ", ".join(f"[{Path(each).stem}](../{each})" for each in files)
        return f"| {match[1]} | {match[2]} | {links or NONE_YET} |"

    return "\n".join(row(line) for line in page.split("\n"))


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text()))
