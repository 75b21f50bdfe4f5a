"""What a plugin says about itself before any of its code is asked for more."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from core.host.version import API_GENERATION, CORE_VERSION
from core.words import say

Family = Literal["channels", "sync", "automation", "routing", "merge", "other"]

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_RESERVED = {"core", "sapa", "alembic", "plugin", "plugins", "channels"}
_LONGEST_NAME = 30  # with "alembic_version_" before it, it stays under PostgreSQL's 63


class ManifestError(ValueError):
    """A manifest that can't be right, with a sentence that says what to write instead."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A plugin's name tag.

    `name` is the prefix of its tables, jobs and URLs. `api` is the generation of the hooks it was
    written for, `core` the versions of Sapa it runs on (a PEP 440 specifier). `requires` are
    switched on with it; `auto_enable_with` names plugins that, all on, switch this one on too.
    `migrations` is a package path (`my_plugin.migrations`), or "" for a plugin without tables.
    Raises ManifestError.
    """

    name: str
    title: str
    version: str
    family: Family = "other"
    summary: str = ""
    api: int = API_GENERATION
    core: str = ""
    requires: tuple[str, ...] = ()
    auto_enable_with: tuple[str, ...] = ()
    default_enabled: bool = False
    migrations: str = ""

    def __post_init__(self) -> None:
        for field in ("title", "summary"):  # people read them, each in their language
            object.__setattr__(self, field, say(getattr(self, field)))
        check_name(self.name)
        if not self.title.strip():
            raise ManifestError(f"{self.name}: give the manifest a title, people read it.")
        if self.family not in get_args(Family):
            raise ManifestError(
                f"{self.name}: family must be one of {', '.join(get_args(Family))}."
            )
        for field in ("requires", "auto_enable_with"):
            names = getattr(self, field)
            if not isinstance(names, tuple):
                raise ManifestError(f'{self.name}: write {field} as a tuple, ("sync",).')
            for name in names:
                check_name(name)
            if self.name in names:
                raise ManifestError(f"{self.name}: take the plugin's own name out of {field}.")
        try:
            Version(self.version)
        except InvalidVersion:
            raise ManifestError(f"{self.name}: version must be like 1.2.0.") from None
        try:
            SpecifierSet(self.core)
        except InvalidSpecifier:
            raise ManifestError(f"{self.name}: core must be like >=0.1,<0.2.") from None

    @property
    def table_prefix(self) -> str:
        """What the names of its tables start with."""
        return f"{self.name}_"

    def misfit(self) -> str:
        """Why this Sapa can't run the plugin, as a sentence with a cure; "" when it can."""
        if self.api != API_GENERATION:
            newer = "a newer version of the plugin" if self.api < API_GENERATION else "a newer Sapa"
            return (
                f"It is written for generation {self.api} of the hooks, this Sapa has "
                f"{API_GENERATION}: install {newer}."
            )
        if not SpecifierSet(self.core).contains(CORE_VERSION, prereleases=True):
            return (
                f"It runs on Sapa {self.core}, this is {CORE_VERSION}: install a version of the "
                "plugin made for it, or another Sapa."
            )
        return ""


def check_name(name: str) -> None:
    """Raise ManifestError unless `name` can prefix a table, a job and a URL."""
    if not isinstance(name, str) or not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise ManifestError(
            f"{name!r} can't be a plugin's name: use small letters, digits and single underscores, "
            f"a letter first, at most {_LONGEST_NAME} characters."
        )
    if name in _RESERVED:
        raise ManifestError(f"{name} can't be a plugin's name, Sapa uses it: choose another.")
