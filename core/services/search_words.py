"""The words of a text as they are searched: folded, so that *Café* is found as *cafe*."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from core.models.search import TOKEN_CHARACTERS

WORD = re.compile(r"\w+")
SHORTEST = 2
MOST_WORDS = 64  # of one message; a pasted price list is found by its beginning
FEWEST_DIGITS = 3


def fold(text: str) -> str:
    """Lower case, without accents; compatibility forms become plain ones."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def words_of(text: str) -> list[str]:
    """The first 64 different words of a text, folded and cut to what a token holds."""
    found: dict[str, None] = {}
    for match in WORD.finditer(text):
        word = fold(match[0])[:TOKEN_CHARACTERS]
        if len(word) >= SHORTEST:
            found[word] = None
            if len(found) == MOST_WORDS:
                break
    return list(found)


def words_of_person(name: str, email: str, addresses: Iterable[str]) -> set[str]:
    """What finds a contact: words of its name and e-mail, and every end of its numbers.

    `+62811223` is kept as 62811223, 2811223, … 223: the beginning of an end is any part of it.
    """
    found = {*words_of(name)}
    for address in {email, *addresses}:
        digits = address.removeprefix("+")
        if digits.isascii() and digits.isdigit():
            ends = range(len(digits) - FEWEST_DIGITS + 1)
            found.update(digits[start:][:TOKEN_CHARACTERS] for start in ends)
        elif address:
            found.update([*words_of(address), fold(address)[:TOKEN_CHARACTERS]])
    return found


def digits_of(text: str) -> str:
    """The digits of what looks like a typed number, as they stand in a stored one; else "".

    0812… is how people write what is stored as +62812…
    """
    if any(letter.isalpha() for letter in text):
        return ""
    digits = "".join(filter(str.isdigit, text)).lstrip("0")
    return digits if len(digits) >= FEWEST_DIGITS else ""


@dataclass(frozen=True)
class Piece:
    """A part of a snippet; `is_hit`: this is what was searched for."""

    text: str
    is_hit: bool


def snippet(text: str, wanted: list[str], around: int = 60) -> list[Piece]:
    """The text around the first word that begins with one of `wanted`: `around` to each side."""
    text = " ".join(text.split())
    spans = [m.span() for m in WORD.finditer(text) if fold(m[0]).startswith(tuple(wanted))]
    if not spans:
        return [Piece(text[: 2 * around], is_hit=False)]
    start = max(0, spans[0][0] - around)
    end = min(len(text), spans[0][1] + around)
    return list(_pieces(text, start, end, spans))


def _pieces(text: str, start: int, end: int, spans: list[tuple[int, int]]) -> Iterator[Piece]:
    at = start
    if start:
        yield Piece("…", is_hit=False)
    for first, last in spans:
        if first >= end:
            break
        yield Piece(text[at:first], is_hit=False)
        yield Piece(text[first : min(last, end)], is_hit=True)
        at = min(last, end)
    yield Piece(text[at:end] + ("…" if end < len(text) else ""), is_hit=False)


def searched(subject: str, body: str) -> str:
    """What a message is found by."""
    return f"{subject}\n{body}" if subject else body
