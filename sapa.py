"""The `sapa` command: the core's commands, with the plugins that ship with it."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the command line. The check comes first: with a strange `core` little else works."""
    gc.disable()  # until core.garbage says that all is imported
    try:
        from core.house import ForeignHouse, check_house
    except ImportError:
        sys.exit(
            "sapa: The Python package “core” here is not Sapa's. "
            "Give Sapa a virtual environment of its own."
        )
    try:
        check_house()
    except ForeignHouse as error:
        sys.exit(f"sapa: {error}")

    from core.cli import run_command
    from plugins import BUILTIN

    run_command(BUILTIN)


if __name__ == "__main__":
    main()
