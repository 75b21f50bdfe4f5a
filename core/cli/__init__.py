"""The `sapa` command. One file per group; each command's heavy imports wait until it runs."""

from core.cli.root import run_command

__all__ = ["run_command"]
