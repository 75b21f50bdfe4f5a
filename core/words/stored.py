"""Sentences that were stored: in English, with their values filled in, told in any language later.

Why a message failed or a channel broke stands in a row, written by a worker for readers it doesn't
know. The row keeps the English sentence: a log, a REST answer and a person at the database can
read it. For a page it is recognised by the catalogue's English sentences, values and all.

Rejected: a code and its values as JSON in every such column. Each reader of a row, also a plugin's
and SQL by hand, would have to put the sentence together, and what providers say has no code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
LONGEST = 1000  # a stored reason is far shorter; what is longer is no sentence of ours


class Patterns:
    """The sentences of one catalogue that have placeholders, to recognise filled ones by."""

    def __init__(self, sources: Iterable[str]) -> None:
        self._sources = tuple(sources)

    @cached_property
    def _patterns(self) -> list[tuple[str, str, re.Pattern[str]]]:
        """(how it begins, the source, what fits it), those with the most words of their own first.

        One that is all placeholders would fit everything, and is left out.
        """
        found = []
        for source in self._sources:
            parts = _PLACEHOLDER.split(source)
            own = "".join(parts[::2])
            if len(parts) > 1 and sum(letter.isalpha() for letter in own) >= 8:
                found.append((len(own), parts[0].replace("%%", "%"), source, _expression(parts)))
        found.sort(key=lambda each: -each[0])
        return [each[1:] for each in found]

    def recognise(self, text: str) -> tuple[str, dict[str, str]] | None:
        """The sentence that `text` was filled from, and with what; None for a stranger's words."""
        if len(text) > LONGEST:
            return None
        for beginning, source, expression in self._patterns:
            if text.startswith(beginning) and (fit := expression.fullmatch(text)):
                return source, fit.groupdict()
        return None


def as_text(source: str) -> str:
    """A sentence whose values are all words: a stored `%(number)d` came back as digits."""
    return _PLACEHOLDER.sub(r"%(\1)s", source)


def _expression(parts: list[str]) -> re.Pattern[str]:
    names: set[str] = set()
    made = []
    for place, part in enumerate(parts):
        if place % 2 == 0:
            made.append(re.escape(part.replace("%%", "%")))
        elif part in names:
            made.append(f"(?P={part})")
        else:
            names.add(part)
            made.append(f"(?P<{part}>.*?)")
    return re.compile("".join(made), re.DOTALL)
