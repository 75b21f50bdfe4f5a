"""Garbage is not looked for while a process starts: imports leave none, and looking takes a fifth
of the start. What runs on must say that it has started, or it keeps every cycle for good.
"""

from __future__ import annotations

import gc


def collect_from_here() -> None:
    """What is here now stays, and no later collection walks it; what comes is collected again."""
    gc.freeze()
    gc.enable()
