"""Headers of strangers' mail: decoded without ever raising, bounded, fit to be stored."""

from __future__ import annotations

import codecs
import re
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from core.api import now

LONGEST = 20_000
MOST_ADDRESSES = 100

_SHAPE = re.compile(r"[^@\s,;<>\"()\[\]\\]{1,64}@[^@\s,;<>\"()\[\]\\]{1,190}")

# text encodings that are no charset of a mail, and slow or odd to decode
_REFUSED = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"})
# what programs write and mean something else by (WHATWG's encoding standard says the same)
_MEANT = {"us-ascii": "cp1252", "ascii": "cp1252", "iso-8859-1": "cp1252", "latin-1": "cp1252"}
_MEANT |= {"gb2312": "gb18030", "gbk": "gb18030", "ks_c_5601-1987": "cp949", "unicode": "utf-8"}


def decoded(content: bytes, charset: str) -> str:
    """Bytes as text: by their charset if they are of it, else UTF-8, else Windows-1252."""
    named = charset.strip().strip("'\"").lower()
    for name in (named, "utf-8"):
        try:
            if name == named and named in _MEANT:
                content.decode("ascii")  # a wrong label is seen by what isn't ASCII
            codec = codecs.lookup(name).name
            if codec in _REFUSED:
                continue
            return storable(content.decode(codec))
        except (LookupError, ValueError, TypeError, AttributeError):
            continue
    meant = _MEANT.get(named, "cp1252")
    return storable(content.decode(meant, "replace"))


def storable(text: str) -> str:
    """Without what no column takes: null bytes, halves of characters, other control characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    cleaned = "".join(c for c in text if c in "\n\t" or (c >= " " and c != "\x7f"))
    return cleaned.encode("utf-8", "ignore").decode("utf-8")


def text_of(mail: Message, name: str) -> str:
    """A header as one line of text; "" without it."""
    return next((unfolded(value) for value in raw_values(mail, name)), "")


def raw_values(mail: Message, name: str) -> list[str]:
    """All headers of a name as they came, bytes of no ASCII as surrogates.

    `Message.get` would put U+FFFD for them.
    """
    wanted = name.lower()
    return [str(value) for key, value in mail.raw_items() if key.lower() == wanted]


def unfolded(value: str) -> str:
    """An encoded header value as text, in one line."""
    value = _bytes_in(value[:LONGEST])
    try:
        parts = decode_header(value)
        text = "".join(
            decoded(part, charset or "utf-8") if isinstance(part, bytes) else part
            for part, charset in parts
        )
    except (HeaderParseError, ValueError, LookupError):
        text = value
    return " ".join(storable(text).split())


def addresses_of(mail: Message, *names: str) -> list[tuple[str, str]]:
    """(name, address) of each address in these headers, in order, none twice.

    Parsed before they are decoded: an encoded name may hold a comma or an address of its own.
    """
    values = [_bytes_in(value)[:LONGEST] for name in names for value in raw_values(mail, name)]
    found: dict[str, tuple[str, str]] = {}
    try:
        pairs = getaddresses(values, strict=False)
    except TypeError:  # an older patch of Python without `strict`
        pairs = getaddresses(values)
    for name, address in pairs[:MOST_ADDRESSES]:
        if whole := as_address(address):
            found.setdefault(whole.casefold(), (unfolded(name)[:160], whole))
    return list(found.values())


def as_address(text: str) -> str:
    """An address as it is kept, in lower case: Ani@ and ani@ are one. "" for what is none."""
    text = storable(text).strip()
    local, _, domain = text.rpartition("@")
    whole = f"{local}@{domain.rstrip('.')}".lower()
    return whole if _SHAPE.fullmatch(whole) and whole.isprintable() else ""


def date_of(mail: Message) -> datetime:
    """When it was written by its own word, if that can be; else now."""
    try:
        moment = parsedate_to_datetime(text_of(mail, "Date"))
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return now()
    return moment if moment.year > 1990 else now()


def _bytes_in(value: str) -> str:
    """Raw bytes in a header, which Python keeps as surrogates, as the text they most likely are."""
    if value.isascii():
        return value
    return decoded(value.encode("utf-8", "surrogateescape"), "utf-8")
