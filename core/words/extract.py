"""Finding the words on screen in source files.

Wrapped ones (`_("…")`, `lazy_gettext`, `ngettext`, templates) and two that nobody has to wrap: the
values of enumerations, which screens show as `in_use` → *In use*, and what the libraries below say
on our screens.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file

KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "lazy_pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "say": None,
    "say_many": (1, 2),
    "_n": (1, 2),
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
        "security/forms.py",
        "security/views.py",
        "validators.py",
    ),
    "wtforms": (
        "csrf/core.py",
        "fields/choices.py",
        "fields/core.py",
        "fields/datetime.py",
        "fields/numeric.py",
        "validators.py",
    ),
}
_NOT_ON_SCREEN = ("tests", "static", "migrations", "testing", "demo", "doctor")


def words_of_package(folder: Path, *, borrowed: bool = False) -> Catalog:
    """All words of the package in `folder`; with `borrowed` those of the libraries too."""
    found = Catalog(charset="utf-8", fuzzy=False)
    for path in source_files(folder):
        _add(found, path)
        if path.suffix == ".py":
            for word in enum_words(path):
                found.add(word)
    for library, files in BORROWED.items() if borrowed else ():
        spec = find_spec(library)
        assert spec is not None  # noqa: S101 - we depend on it
        assert spec.origin is not None  # noqa: S101 - nor is it a namespace
        for name in files:
            _add(found, Path(spec.origin).parent / name)
    return found


def source_files(folder: Path) -> Iterator[Path]:
    """The Python files and templates of a package that may hold words, in a stable order.

    Not another package within it that has its own translations.
    """
    for path in sorted((*folder.rglob("*.py"), *folder.rglob("templates/**/*.html"))):
        inner = path.relative_to(folder).parts[:-1]
        if not set(inner).intersection(_NOT_ON_SCREEN):
            yield path


def _add(found: Catalog, path: Path) -> None:
    is_page = path.suffix == ".html"
    method = "jinja2" if is_page else "python"
    options = {"newstyle_gettext": "1", "silent": "0"} if is_page else {}
    for _line, message, _comments, context in extract_from_file(
        method, path, KEYWORDS, options=options
    ):
        if message and (isinstance(message, tuple) or message.strip()):
            found.add(message, context=context)


def enum_words(path: Path) -> Iterable[str]:
    """`IN_USE = "in_use"` of a StrEnum → `In use`, as `core.web.theme.words_of` shows it."""
    text = path.read_text()
    if "StrEnum" not in text:
        return
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.ClassDef):
            continue
        if not any(isinstance(base, ast.Name) and base.id == "StrEnum" for base in node.bases):
            continue
        for line in node.body:
            value = line.value if isinstance(line, ast.Assign) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield in_words(value.value)


def in_words(stored: str) -> str:
    """`in_use` → `In use`."""
    text = stored.replace("_", " ")
    return text[:1].upper() + text[1:]
