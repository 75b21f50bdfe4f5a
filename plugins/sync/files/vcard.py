"""vCard as phones write it: 2.1 with quoted-printable, 3.0, 4.0 with `tel:` addresses.

Read by hand, line by line: vobject stops at the first line that breaks the standard, and exports
of phones break it (unfolded base64 pictures, raw line ends in quoted-printable). Here one odd card
costs itself. RFC 6350, RFC 2426; vCard 2.1 by the Internet Mail Consortium.
"""

from __future__ import annotations

import codecs
import io
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.api import IdentityKind
from plugins.sync.rows import Row

_LINE = re.compile(
    r"(?:[\w-]+\.)?(?P<name>[\w-]+)(?P<params>(?:;(?:\"[^\"]*\"|[^\":;])*)*):(?P<value>.*)", re.S
)
_ESCAPED = re.compile(r"\\([\\,;nN:])")
_URI = re.compile(r"^(?:tel|mailto):", re.IGNORECASE)
_PLAIN = {"N", "FN", "TEL", "EMAIL", "ORG", "NICKNAME"}


@dataclass
class _Card:
    values: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, value: str) -> None:
        if value.strip():
            self.values.setdefault(name, []).append(value.strip())


def read_vcards(text: str) -> Iterator[Row]:
    """Every card between BEGIN and END; one that is cut off counts as far as it goes."""
    card: _Card | None = None
    for line in _unfolded(text):
        head = line.strip().upper()
        if head == "BEGIN:VCARD":
            if card is not None:
                yield _row(card)
            card = _Card()
        elif head == "END:VCARD":
            if card is not None:
                yield _row(card)
            card = None
        elif card is not None:
            _read_line(card, line)
    if card is not None:
        yield _row(card)


def _unfolded(text: str) -> Iterator[str]:
    """Logical lines: a leading blank goes on with the line before, as does a soft line break."""
    waiting = ""
    for ended in io.StringIO(text, newline=None):  # one by one: a large file has a million lines
        line = ended.removesuffix("\n")
        if waiting and _is_soft(waiting):
            waiting = waiting[:-1] + line.lstrip(" \t")
        elif line[:1] in (" ", "\t") and waiting:
            waiting += line[1:]
        else:
            if waiting:
                yield waiting
            waiting = line
    if waiting:
        yield waiting


def _is_soft(line: str) -> bool:
    """`=` at the end of a quoted-printable line: its value goes on below."""
    return line.endswith("=") and "QUOTED-PRINTABLE" in line.partition(":")[0].upper()


def _read_line(card: _Card, line: str) -> None:
    found = _LINE.fullmatch(line)
    if found is None or (name := found["name"].upper()) not in _PLAIN:
        return
    params = found["params"].upper().split(";")
    value = found["value"]
    if any("QUOTED-PRINTABLE" in each for each in params):
        value = _quoted(value, params)
    if name == "N":
        family, given, *_rest = [*_split(value), "", ""]
        card.add("N", " ".join(part for part in (given.strip(), family.strip()) if part))
    elif name == "TEL":
        card.add(name, _URI.sub("", _plain(value)).partition(";")[0])
    elif name == "ORG":
        card.add(name, ", ".join(part for part in _split(value) if part))
    else:
        card.add(name, _URI.sub("", _plain(value)))


def _quoted(value: str, params: list[str]) -> str:
    charset = next((p.partition("=")[2] for p in params if p.startswith("CHARSET=")), "UTF-8")
    try:
        codecs.lookup(charset)
    except LookupError:
        charset = "UTF-8"
    decoded = quopri.decodestring(value.encode("utf-8", "replace"))
    try:
        return decoded.decode(charset)
    except UnicodeDecodeError:
        return decoded.decode("cp1252", "replace")


def _split(value: str) -> list[str]:
    """The parts of a structured value, at semicolons that nobody escaped."""
    return [_plain(part) for part in re.split(r"(?<!\\);", value)]


def _plain(value: str) -> str:
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


def _row(card: _Card) -> Row:
    values = card.values
    name = next(
        (found[0] for key in ("FN", "N", "NICKNAME", "ORG") if (found := values.get(key))), ""
    )
    numbers = [(IdentityKind.PHONE.value, text) for text in values.get("TEL", [])]
    numbers += [(IdentityKind.EMAIL.value, text) for text in values.get("EMAIL", [])]
    raw = " | ".join([name, *(text for _, text in numbers)])
    return Row(name, tuple(numbers) or ((IdentityKind.PHONE.value, ""),), raw, is_wa=False)
