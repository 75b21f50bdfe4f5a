"""Whose `core` this is: a distribution with the same top-level name could have overwritten ours."""

from __future__ import annotations

from pathlib import Path

import core


class ForeignHouse(RuntimeError):
    """`import core` found another project's package."""


def check_house() -> None:
    """Raise ForeignHouse unless `core` and this file are one package."""
    ours = Path(__file__).resolve().parent
    found = Path(core.__file__ or "").resolve().parent
    if found != ours:
        raise ForeignHouse(
            f"`import core` finds {found}, not Sapa's own package in {ours}: another distribution "
            "brought a package called core. Give Sapa a virtual environment of its own."
        )
