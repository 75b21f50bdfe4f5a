"""Bringing catalogues up to date with the source, and saying what is wrong with them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po
from babel.plural import to_gettext

from core.words.catalogues import FILE

_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


@dataclass
class Checked:
    """One catalogue against the source: how many words it has, and what is wrong, by kind."""

    locale: str
    words: int = 0
    wrong: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, text: str) -> None:
        self.wrong.setdefault(kind, []).append(text)


def updated(path: Path, wanted: Catalog, core: Catalog | None = None) -> Catalog:
    """The catalogue at `path` with exactly the words of `wanted`: what was translated is kept.

    Words that `core` has, the core's catalogue translates: a plugin doesn't repeat them.
    """
    locale = path.parent.parent.name
    old = read(path)
    made = _empty(locale)
    for message in sorted(wanted, key=_order):
        if not message.id or (core is not None and core.get(message.id, message.context)):
            continue
        known = old.get(message.id, message.context)
        made.add(
            message.id,
            known.string if known is not None else None,
            context=message.context,
            flags=(known.flags if known is not None else set()) | (message.flags - {"fuzzy"}),
        )
    return made


def read(path: Path) -> Catalog:
    """The catalogue at `path`, an empty one where there is none."""
    locale = path.parent.parent.name
    if not path.is_file():
        return _empty(locale)
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def _empty(locale: str) -> Catalog:
    """Unicode's plural rule: babel's own table of them doesn't know every language."""
    made = Catalog(locale=locale, charset="utf-8", fuzzy=False)
    made.mime_headers = [("plural-forms", to_gettext(Locale.parse(locale).plural_form))]
    return made


def written(catalogue: Catalog) -> bytes:
    """As a file: by word, without dates and line numbers, so that a change shows what changed."""
    file = io.BytesIO()
    write_po(file, catalogue, width=100, no_location=True, omit_header=True, ignore_obsolete=True)
    head = (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {catalogue.locale}\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {catalogue.plural_forms}\\n"\n\n'
    )
    return head.encode() + file.getvalue().strip() + b"\n"


def checked(path: Path, wanted: Catalog, core: Catalog | None = None) -> Checked:
    """What stands between the catalogue at `path` and a finished one."""
    old = read(path)
    result = Checked(path.parent.parent.name)
    fresh = updated(path, wanted, core)
    for message in fresh:
        if not message.id:
            continue
        result.words += 1
        for kind in _faults(message, fresh.num_plurals):
            result.add(kind, _text(message))
    for message in old:
        if message.id and fresh.get(message.id, message.context) is None:
            result.add("unused", _text(message))
    if path.is_file() and not result.wrong and path.read_bytes() != written(fresh):
        result.add("not in order", str(path))
    return result


def _faults(message: Message, plurals: int) -> Iterator[str]:
    given = message.string if isinstance(message.string, tuple | list) else (message.string,)
    said = [each for each in given if each]
    if len(said) < len(given) or (message.pluralizable and len(said) != plurals):
        yield "missing"
        return
    if message.fuzzy:
        yield "fuzzy"
    ids = message.id if isinstance(message.id, tuple | list) else (message.id,)
    allowed = [_placeholders(each) for each in ids]
    if message.pluralizable:  # a form may do without the number: "one message"
        allowed.append(allowed[-1] - {"num"})
    if any(_placeholders(text) not in allowed for text in said):
        yield "placeholders differ"
    if any(_margins(text) != _margins(ids[0]) for text in said):
        yield "spaces differ"


def _margins(text: str) -> tuple[bool, bool]:
    return text[:1].isspace(), text[-1:].isspace()


def _placeholders(text: str) -> set[str]:
    return set(_PLACEHOLDER.findall(text))


def _text(message: Message) -> str:
    return str(message.id if isinstance(message.id, str) else message.id[0])


def _order(message: Message) -> tuple[str, str]:
    return (_text(message), message.context or "")


def file_in(folder: Path, locale: str) -> Path:
    """Where a package's words in `locale` are."""
    return folder / "translations" / locale / FILE
