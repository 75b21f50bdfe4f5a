"""Finding the words on screen in source files.

Wrapped ones (`_("…")`, `say`, `ngettext`, templates), and three kinds that nobody has to wrap:
words that rows hold and screens show as `in_use` → *In use*, words made from names in the code
(see `derived`), and what the libraries below say on our screens.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file

from core.words.derived import in_words

KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "_l": None,
    "_n": (1, 2),
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "lazy_pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "say": None,
    "say_many": (1, 2),
}

# of a library only what our screens use: its own screens we don't show
BORROWED = {
    "flask_appbuilder": (
        "baseviews.py",
        "const.py",
        "fields.py",
        "fieldwidgets.py",
        "messages.py",
        "models/sqla/filters.py",
        "validators.py",
    ),
    "wtforms": (
        "fields/choices.py",
        "fields/core.py",
        "fields/datetime.py",
        "fields/numeric.py",
        "validators.py",
    ),
}
_NOT_ON_SCREEN = ("tests", "static", "migrations", "testing", "demo", "doctor")


def words_of_package(
    folder: Path, made: Mapping[str, Iterable[str]], *, borrowed: bool = False
) -> Catalog:
    """All words of the package in `folder`; with `borrowed` those of the libraries too.

    `made` are derived words by module, as `core.words.derived.made` has them after a start.
    """
    found = Catalog(charset="utf-8", fuzzy=False)
    for path in source_files(folder):
        _add(found, path)
        if path.suffix == ".py":
            for word in stored_words(path):
                found.add(word)
    for module, words in made.items():
        if is_within(module, folder):
            for word in words:
                found.add(word)
    for library, files in BORROWED.items() if borrowed else ():
        spec = find_spec(library)
        assert spec is not None  # noqa: S101 - we depend on it
        assert spec.origin is not None  # noqa: S101 - nor is it a namespace
        for name in files:
            _add(found, Path(spec.origin).parent / name)
    return found


def is_within(module: str, folder: Path) -> bool:
    """Whether a module that was imported stands in `folder`."""
    file = getattr(sys.modules.get(module), "__file__", None)
    return file is not None and Path(file).resolve().is_relative_to(folder)


def source_files(folder: Path) -> Iterator[Path]:
    """The Python files and templates of a package that may hold words, in a stable order."""
    for path in sorted((*folder.rglob("*.py"), *folder.rglob("templates/**/*.html"))):
        inner = path.relative_to(folder).parts[:-1]
        if not set(inner).intersection(_NOT_ON_SCREEN):
            yield path


def _add(found: Catalog, path: Path) -> None:
    is_page = path.suffix == ".html"
    method = "jinja2" if is_page else "python"
    options = {"newstyle_gettext": "1", "silent": "0"} if is_page else {}
    keywords = KEYWORDS if is_page else {**KEYWORDS, **_other_names(path)}
    for _line, message, _comments, context in extract_from_file(
        method, path, keywords, options=options
    ):
        if message and (isinstance(message, tuple) or message.strip()):
            found.add(message, context=context)


def _other_names(path: Path) -> dict[str, tuple[int | tuple[int, str], ...] | None]:
    """What a file calls them: `from flask_babel import lazy_gettext as later`."""
    return {
        name.asname: KEYWORDS[name.name]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
        for name in node.names
        if name.asname and name.name in KEYWORDS
    }


def stored_words(path: Path) -> Iterator[str]:
    """What rows hold as one word and screens show through `words_of`, as it is shown.

    Members of a StrEnum (`"in_use"` → `In use`), the names of tables, the actions of the audit
    trail: `record(session, "archive", row)`. And what a plugin's manifest says of it.
    """
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ClassDef):
            is_enum = any(isinstance(b, ast.Name) and b.id == "StrEnum" for b in node.bases)
            for line in node.body:
                if not isinstance(line, ast.Assign):
                    continue
                if is_enum or getattr(line.targets[0], "id", "") == "__tablename__":
                    yield from _words(line.value)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "record":
            yield from _words(node.args[1] if len(node.args) > 1 else None)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Manifest":
            for keyword in node.keywords:
                if keyword.arg in ("title", "summary"):
                    yield from _words(keyword.value)


def _words(node: ast.AST | None) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield in_words(node.value)
