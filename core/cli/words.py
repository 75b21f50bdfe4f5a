"""Words and their translations: `python -m core.cli.words [--check] [FOLDER …]`.

Without folders: the core and every plugin beside it. With folders: those packages, for instance a
plugin of your own. For developers; that is why it is no command of `sapa`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from babel.messages.catalog import Catalog

from core.words.catalogues import CORE, FILE
from core.words.derived import made
from core.words.extract import words_of_package
from core.words.update import checked, file_in, updated, written

PACKAGE = CORE.parent


@click.command()
@click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Change nothing; fail when a word is missing or wrong.")
@click.option("--locale", "locales", multiple=True, help="Begin a language, such as pt_BR.")
def words(folders: Sequence[Path], check: bool, locales: Sequence[str]) -> None:
    """Bring translations up to date with the source, and say what they lack.

    What is translated stays, what nothing uses goes, new words come in empty.
    """
    core = core_words()
    languages = sorted({*known_locales(), *locales})
    is_fine = True
    for folder in [each.resolve() for each in folders] or list(packages()):
        is_core = folder == PACKAGE
        wanted = core if is_core else words_of_package(folder, derived_words())
        for locale in languages:
            path = file_in(folder, locale)
            if not check:
                made = updated(path, wanted, None if is_core else core)
                if len(made) or path.exists():
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(written(made))
            found = checked(path, wanted, None if is_core else core)
            is_fine = is_fine and not found.wrong
            counts = "".join(f", {len(which)} {kind}" for kind, which in found.wrong.items())
            click.echo(f"{folder.name:16} {locale:6} {found.words:5} words{counts}")
            for kind, which in found.wrong.items():
                for text in which[:20] if check else ():
                    click.echo(f"    {kind}: {text}")
    if check and not is_fine:
        click.echo("Run `python -m core.cli.words`, then translate what is empty.", err=True)
        sys.exit(1)


@cache
def core_words() -> Catalog:
    """The core's words, and those that libraries say on its screens."""
    return words_of_package(PACKAGE, derived_words(), borrowed=True)


@cache
def derived_words() -> dict[str, set[str]]:
    """What screens make of names in the code: known once everything is registered."""
    from core.config import Settings  # with the application, heavy
    from core.web.app import create_app
    from core.web.pages.role_grid import note_words

    root = PACKAGE.parent
    builtin = [
        ".".join((folder / "plugin").relative_to(root).parts)
        for folder in packages()
        if folder != PACKAGE
    ]
    with TemporaryDirectory(prefix="sapa-words-") as home:
        app = create_app(Settings(home=Path(home)), builtin)
        with app.app_context():
            note_words()
        app.extensions["sapa"].database.dispose()
    return dict(made)


def known_locales() -> list[str]:
    """The languages that the core has."""
    return sorted(path.parent.parent.name for path in CORE.glob(f"*/{FILE}"))


def packages() -> Iterator[Path]:
    """The core, and the folder of every plugin that ships with it."""
    yield PACKAGE
    for plugin in sorted((PACKAGE.parent / "plugins").rglob("plugin.py")):
        yield plugin.parent


if __name__ == "__main__":
    words()
