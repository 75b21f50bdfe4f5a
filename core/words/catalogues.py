"""Where translations are, and reading them: `<folder>/<locale>/LC_MESSAGES/messages.po`.

The text files are read at a language's first use (a tenth of a second, once a process), never at
start: start-up has a second and a half for everything. Compiled `.mo` files beside them would be
a build step that somebody forgets, and binary files in every change.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from babel import Locale, UnknownLocaleError
from babel.support import NullTranslations, Translations

from core.words.stored import Patterns, as_text

if TYPE_CHECKING:
    from core.host.record import PluginRecord

CORE = Path(__file__).resolve().parent.parent / "translations"
FILE = Path("LC_MESSAGES") / "messages.po"
SOURCE_LOCALE = "en"


class Catalogues:
    """The translations of one installation.

    `folders` in the order of their say: a word in the first is not overwritten by a later one.
    The operator's own folder comes first, then the core's, then the plugins' by name: so a plugin
    can't change what the core says. `libraries` are (folder, domain) of compiled catalogues that
    libraries bring, for what nobody here has translated.
    """

    def __init__(self, folders: Iterable[Path], libraries: Iterable[tuple[Path, str]] = ()) -> None:
        self.folders = tuple(folders)
        self._libraries = tuple(libraries)
        self._read: dict[str, Translations | NullTranslations] = {}
        self._lock = Lock()
        self._patterns: dict[str, Patterns] = {}

    def languages(self, places: int = 2) -> dict[str, str]:
        """Code → own name of every language that the first `places` folders have, English first.

        A plugin alone doesn't make a language: hardly a word on a page would be in it.
        """
        codes = {
            found.parent.parent.name
            for folder in self.folders[:places]
            for found in folder.glob(f"*/{FILE}")
        }
        named = {code: name for code in codes - {SOURCE_LOCALE} if (name := own_name(code))}
        by_name = sorted(named.items(), key=lambda each: each[1].casefold())
        return {SOURCE_LOCALE: "English", **dict(by_name)}

    def of(self, locale: str) -> Translations | NullTranslations:
        """Everything that is translated into `locale`, such as `id` or `pt_BR`."""
        found = self._read.get(locale)
        if found is not None:
            return found
        with self._lock:  # several threads ask at once when a process is new
            if locale not in self._read:
                self._read[locale] = self._merged(locale)
            return self._read[locale]

    def retold(self, text: str, locale: str) -> str:
        """A stored English sentence in `locale`; as it is where it is nobody's sentence here."""
        known = self.of(locale)
        said = known.gettext(text)
        if said != text or not isinstance(known, Translations):
            return said
        patterns = self._patterns.get(locale)
        if patterns is None:
            sources = [source for source in known._catalog if isinstance(source, str)]
            patterns = self._patterns[locale] = Patterns(sources)
        found = patterns.recognise(text)
        if found is None:
            return text
        source, values = found
        told = {name: self.retold(value, locale) for name, value in values.items()}
        return as_text(known.gettext(source)) % told

    def _merged(self, locale: str) -> Translations | NullTranslations:
        merged: Translations | NullTranslations = NullTranslations()
        words: dict[Any, str] = {}
        for folder in self.folders:
            path = folder / locale / FILE
            if not path.is_file():
                continue
            read = read_translations(path)
            if not words:
                merged = read  # the plural rule and the words of the first to have a say
            words = {**read._catalog, **words}
        for place, domain in self._libraries:
            library = Translations.load(str(place), [locale], domain)
            if isinstance(library, Translations):
                # a library's plurals may be counted in another way: only single words are taken
                single = {k: v for k, v in library._catalog.items() if isinstance(k, str)}
                words = {**single, **words}
        words.pop("", None)  # a file's head, which gettext keeps as the translation of nothing
        if words:
            if not isinstance(merged, Translations):
                merged = Translations()
            merged._catalog = words
        return merged


def read_translations(path: Path) -> Translations:
    """One file as gettext wants it; a fuzzy entry is somebody's guess and is left out."""
    from babel.messages.mofile import write_mo  # start-up needs neither
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.parent.parent.name)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def folder_of(record: PluginRecord) -> Path | None:
    """Where a plugin's translations are: beside its module, as package data of its wheel."""
    file = getattr(sys.modules.get(record.module), "__file__", None)
    folder = Path(file).resolve().parent / "translations" if file else None
    return folder if folder is not None and folder.is_dir() else None


def plugin_folders(active: Mapping[str, PluginRecord]) -> list[Path]:
    """The folders of all plugins that run, by the plugin's name."""
    found = (folder_of(record) for _name, record in sorted(active.items()))
    return [folder for folder in found if folder is not None]


def own_name(code: str) -> str:
    """What a language calls itself: `Bahasa Indonesia`, `Română`; "" for what is no language."""
    if code == "id":
        return "Bahasa Indonesia"  # Unicode says `Indonesia`, which reads as the country
    try:
        name = Locale.parse(code).get_display_name(code) or ""
    except (UnknownLocaleError, ValueError):
        return ""  # dates and numbers could not be written in it
    return name[:1].upper() + name[1:]
