"""The new part of an answer: mail programs copy what it answers below it."""

from __future__ import annotations

import re

_SAID = (
    r"On\b.{4,300}\bwrote",
    r"Pada\b.{4,300}\bmenulis",
    r"În\b.{4,300}\ba scris",
    r"Pe\b.{4,300}\ba scris",
    r"Am\b.{4,300}\bschrieb.{0,80}",
    r"Le\b.{4,300}\ba écrit",
    r"El\b.{4,300}\bescribió",
)
_ATTRIBUTION = re.compile(rf"^[ \t>]*(?:{'|'.join(_SAID)})\s?:\s*$", re.MULTILINE | re.DOTALL)
_ORIGINAL = re.compile(
    r"^[ \t]*-{2,}\s?(?:Original Message|Pesan Asli|Pesan asli|Mesaj original|Forwarded message)"
    r"\s?-{2,}[ \t]*$",
    re.MULTILINE,
)
_OUTLOOK = re.compile(
    r"^(?:_{10,}\n+)?\*?(?:From|Dari|De la)\s?:\*?[^\n]+\n"
    r"\*?(?:Sent|Date|Dikirim|Tanggal|Trimis|Data)"
    r"\s?:\*?[^\n]+\n",
    re.MULTILINE,
)
_NEAR = 400


def new_part(text: str) -> str:
    """What the writer of an answer wrote above the copy; the whole where nothing stands above."""
    cut = min(_places(text), default=len(text))
    new = _without_trailing_quote(text[:cut]).strip()
    return new or text.strip()


def _places(text: str) -> list[int]:
    places = []
    for pattern in (_ORIGINAL, _OUTLOOK):
        if found := pattern.search(text):
            places.append(found.start())
    # the line that names the writer may be broken in two: looked for paragraph by paragraph
    for start in _line_starts(text):
        piece = text[start : start + _NEAR].split("\n\n", 1)[0]
        lines = piece.split("\n")
        for count in (1, 2, 3):
            if _ATTRIBUTION.fullmatch("\n".join(lines[:count])):
                places.append(start)
                return places
    return places


def _line_starts(text: str) -> list[int]:
    starts, start = [], 0
    for line in text.split("\n")[:2000]:
        if line.lstrip(" \t>")[:1] in "OPÎALE" and line.strip():
            starts.append(start)
        start += len(line) + 1
    return starts


def _without_trailing_quote(text: str) -> str:
    lines = text.rstrip().split("\n")
    while lines and (lines[-1].startswith(">") or not lines[-1].strip()):
        lines.pop()
    return "\n".join(lines)
