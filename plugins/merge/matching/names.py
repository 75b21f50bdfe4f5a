"""Names as people in Indonesia and Romania are called, and as address books keep them.

`Bpk. H. Muh. Rizqi Bandung` is Rizqi, a Muhammad, in Bandung: titles say nothing of who it is, a
place does, and spellings differ from one channel to the next.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from plugins.merge.matching.name_lists import CITIES, JOINERS, NICKNAMES, SAME_NAME, TITLES

MOST_WORDS = 6
"""A longer name is a note: what comes after says little about who it is."""

# letters that no decomposition turns into plain ones
_PLAIN = str.maketrans({"đ": "d", "ð": "d", "ł": "l", "ø": "o", "ß": "ss", "æ": "ae", "œ": "oe"})
_BETWEEN = re.compile(r"[^a-z0-9]+")
# What is written, and what is heard. A pattern is tried where one of its beginnings is in the word:
# most words have two of them, and a pattern that finds nothing costs ten times as much as a look.
_SOUNDS: tuple[tuple[tuple[str, ...], re.Pattern[str], Any], ...] = (
    (("tj",), re.compile(r"^tj"), "c"),
    (("dj",), re.compile(r"dj"), "j"),
    (("oe",), re.compile(r"oe"), "u"),
    (("sj", "sy", "sh"), re.compile(r"sj|sy|sh"), "s"),
    (("nj",), re.compile(r"nj"), "ny"),
    (("kh", "q", "ck"), re.compile(r"kh|q|ck"), "k"),
    (("ch",), re.compile(r"ch"), "k"),
    (("dh", "th"), re.compile(r"[dt]h"), lambda found: found[0][0]),
    (("ph", "v"), re.compile(r"ph|v"), "f"),
    (("x",), re.compile(r"x"), "ks"),
    (("z",), re.compile(r"z"), "s"),
    (("y",), re.compile(r"y"), "i"),
    (("",), re.compile(r"(.)\1+"), r"\1"),
    (("h",), re.compile(r"(?<=.)h$"), ""),
)


@dataclass(frozen=True)
class Name:
    """A name read: the words that name the person, and the city that was noted beside them."""

    words: tuple[str, ...] = ()
    city: str = ""


@lru_cache(maxsize=4096)
def read_name(text: str) -> Name:
    """Words in small plain letters, without titles and joiners (`bin`, `de`); the city apart.

    A name that is nothing but a title or a number has no words: it tells nobody apart.
    """
    named, city = [], ""
    for word in _words(text):
        if word in TITLES or word in JOINERS:
            continue
        named.append(SAME_NAME.get(word, word))
    for word in reversed(named[1:]):  # Solo can be a name: the first word is never a place
        if word in CITIES:
            city = CITIES[word]
            named.remove(word)
            break
    return Name(tuple(dict.fromkeys(named))[:MOST_WORDS], city)


@lru_cache(maxsize=65536)
def sound(word: str) -> str:
    """One spelling for all that sound the same: Rizky, Rizqi and Riski; Soeharto and Suharto."""
    for beginnings, written, heard in _SOUNDS:
        for each in beginnings:
            if each in word:
                word = written.sub(heard, word)
                break
    return word


def are_alike(a: str, b: str) -> bool:
    """Whether two words may be one name: by nickname, one the short of the other, or by sound."""
    if NICKNAMES.get(a, a) == NICKNAMES.get(b, b):
        return True
    if (len(a) >= 4 and b.startswith(a)) or (len(b) >= 4 and a.startswith(b)):
        return True
    return sound(a) == sound(b)


def _words(text: str) -> list[str]:
    """The words in plain small letters; digits, emoji and what is in brackets with them go."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN))
    letters = "".join(each for each in decomposed if not unicodedata.combining(each))
    letters = letters.replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", "")
    return [word for word in _BETWEEN.split(letters) if word and not any(c.isdigit() for c in word)]
