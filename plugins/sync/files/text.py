"""Bytes of unknown origin as text: spreadsheets and phones rarely say which encoding it is."""

from __future__ import annotations

import codecs

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# letters of Romanian that windows-1252 reads as something else: ă ţ ş â î, small and capital
_CENTRAL = frozenset(b"\xe3\xfe\xba\xc3\xde\xaa")


def text_of(content: bytes) -> str:
    """The text, whatever the bytes are. Never raises; null bytes and broken letters are replaced.

    UTF-8 and UTF-16 first, by their marks or by fitting. Else a Windows code page: central European
    where its letters stand there, western otherwise.
    """
    return _decoded(content).replace("\x00", "")


def _decoded(content: bytes) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    if (wide := _wide(content)) is not None:
        return content.decode(wide, "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(content) - 3:  # a sample was cut in the middle of a letter
            return content.decode("utf-8", "ignore")
    letters = [byte for byte in content if byte >= 0x80]
    central = sum(byte in _CENTRAL for byte in letters)
    page = "cp1250" if central * 2 > len(letters) else "cp1252"
    return content.decode(page, "replace")


def _wide(content: bytes) -> str | None:
    """UTF-16 without its mark: every other byte of plain text is null."""
    sample = content[:400]
    if len(sample) < 8:
        return None
    if sample[1::2].count(0) * 2 > len(sample[1::2]):
        return "utf-16-le"
    return "utf-16-be" if sample[0::2].count(0) * 2 > len(sample[0::2]) else None
