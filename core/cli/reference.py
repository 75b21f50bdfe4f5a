"""The command line's reference, as Markdown: `python -m core.cli.reference > docs/commands.md`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from core.cli.root import sapa


def reference() -> str:
    """What `--help` says of every command, in one page."""
    lines = ["# Commands", "", "Made from `--help` by `make docs`; don't edit it here.", ""]
    for path, command in walk(sapa, ("sapa",)):
        context = click.Context(command, info_name=" ".join(path), max_content_width=96)
        lines += [f"## {' '.join(path)}", "", "```text", command.get_help(context), "```", ""]
    return "\n".join(lines)


def walk(
    command: click.Command, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command that does something, with its words."""
    if not isinstance(command, click.Group):
        yield path, command
        return
    for name, child in sorted(command.commands.items()):
        yield from walk(child, (*path, name))


if __name__ == "__main__":
    click.echo(reference(), nl=False)
