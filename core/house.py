"""The start-up check that the packages called `core` and `plugins` are ours.

These names are short, and Python takes the first it finds: another distribution with a top-level
`core` in the same environment would replace our files silently.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from importlib.metadata import (
    Distribution,
    PackageNotFoundError,
    distribution,
    packages_distributions,
)
from importlib.util import find_spec
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
PACKAGES = {"core": "core/__init__.py", "plugins": "plugins/__init__.py"}


class ForeignHouse(RuntimeError):
    """Another distribution's files stand where ours should; the sentence names it."""


def check_house() -> None:
    """Raise ForeignHouse unless `core` and `plugins` are the ones that came with this file.

    Two ways to go wrong: a package of that name earlier on `sys.path`, or another wheel that was
    unpacked over ours. The second shows in the digests that pip recorded.
    """
    wrong = [name for name, file in PACKAGES.items() if _found(name) != HOME / file]
    if not wrong and (ours := _installed_here()) is not None:
        wrong = list(_overwritten(ours))
    if wrong:
        raise ForeignHouse(
            f"The Python package “{wrong[0]}” here is not Sapa's{_culprit(wrong[0])}. Give Sapa a "
            "virtual environment of its own and install it there again."
        )


def _found(name: str) -> Path | None:
    spec = find_spec(name)
    return Path(spec.origin).resolve() if spec is not None and spec.origin else None


def _installed_here() -> Distribution | None:
    """Our distribution where this file came out of its wheel; None in a source checkout."""
    try:
        found = distribution("sapa")
    except PackageNotFoundError:
        return None
    return found if Path(str(found.locate_file("core/house.py"))).resolve() == _this() else None


def _this() -> Path:
    return Path(__file__).resolve()


def _overwritten(ours: Distribution) -> Iterator[str]:
    recorded = {str(file): file.hash for file in ours.files or ()}
    for name, file in {**PACKAGES, "app": "app.py"}.items():
        known = recorded.get(file)
        if known is None:
            continue
        digest = hashlib.new(known.mode, (HOME / file).read_bytes()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != known.value:
            yield name


def _culprit(name: str) -> str:
    others = sorted(set(packages_distributions().get(name, ())) - {"sapa"})
    return f" (it comes with {', '.join(others)})" if others else ""
