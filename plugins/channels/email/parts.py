"""The parts of a mail: what is its text, what its HTML, what its files. Bounded in every way."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.parser import BytesHeaderParser

from plugins.channels.email import headers

LARGEST_MAIL = 26 * 1024 * 1024
"""As large as Gmail takes; of a larger one only the beginning is fetched."""

MOST_NESTED = 40
MOST_PARTS = 200
MOST_FILES = 50
LONGEST_TEXT = 400_000
LONGEST_TEXTS = 600_000
"""Of all texts of a mail together, and of all its HTML: no person reads more."""

LONGEST_NAME = 200

_HEAD_ENDS = re.compile(rb"\r?\n\r?\n")
# each of these opens a level, and Python's parser goes down each by a call
_LEVELS = re.compile(rb"(?im)^content-type:[ \t]*(?:\r?\n[ \t]+)?(?:multipart|message)/")


@dataclass(frozen=True)
class File:
    """A file in a mail. `path` numbers its part as IMAP does: "2.1"."""

    path: str
    name: str
    mime_type: str
    content: bytes
    cid: str = ""


@dataclass
class Body:
    """What a mail says. Each block is one piece of it as (text, HTML), either may be missing."""

    blocks: list[tuple[str, str]] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    is_whole: bool = True


def parse(raw: bytes) -> tuple[Message, bool]:
    """A mail as an object, and whether all of it was read.

    One that is nested deeper than any real one is read as far as its headers.
    """
    levels = sum(1 for _ in _LEVELS.finditer(raw))
    if levels > MOST_NESTED:
        return BytesHeaderParser().parsebytes(_HEAD_ENDS.split(raw, 1)[0][:1_000_000]), False
    return message_from_bytes(raw), True


def body_of(mail: Message) -> Body:
    """The text, HTML and files of a mail."""
    body = Body()
    counter = iter(range(MOST_PARTS))
    _take(mail, "", body, counter)
    _shorten(body)
    return body


def part_at(mail: Message, path: str) -> File | None:
    """The file at a path, as `body_of` numbers it."""
    return next((file for file in body_of(mail).files if file.path == path), None)


def _shorten(body: Body) -> None:
    text_left = html_left = LONGEST_TEXTS
    for at, (text, html) in enumerate(body.blocks):
        body.blocks[at] = (text[:text_left], html[:html_left])
        text_left, html_left = max(0, text_left - len(text)), max(0, html_left - len(html))
        body.is_whole = body.is_whole and body.blocks[at] == (text, html)


def _take(part: Message, path: str, body: Body, counter: Iterator[int]) -> None:
    if next(counter, None) is None or len(body.files) >= MOST_FILES:
        body.is_whole = False
        return
    kind = part.get_content_type()
    children = _children(part)
    if children is not None and kind == "multipart/alternative":
        _take_alternative(children, path, body, counter)
    elif children is not None:
        for number, child in enumerate(children, 1):
            _take(child, _below(path, number), body, counter)
    elif _is_text(part):
        text = _text(part)
        body.blocks.append(("", text) if kind == "text/html" else (_flowed(part, text), ""))
    elif (file := _file(part, path or "1")) is not None:
        body.files.append(file)


def _take_alternative(
    children: list[Message], path: str, body: Body, counter: Iterator[int]
) -> None:
    """One thing in several forms: they make one block; files inside a form are kept."""
    inner = Body()
    for number, child in enumerate(children, 1):
        _take(child, _below(path, number), inner, counter)
    plain = next((text for text, _ in inner.blocks if text.strip()), "")
    html = "".join(html for _, html in inner.blocks if html.strip())
    body.blocks.append((plain, html))
    body.files.extend(inner.files)
    body.is_whole = body.is_whole and inner.is_whole


def _children(part: Message) -> list[Message] | None:
    payload = part.get_payload()
    if part.get_content_maintype() == "multipart" and isinstance(payload, list):
        return [child for child in payload if isinstance(child, Message)]
    return None


def _below(path: str, number: int) -> str:
    return f"{path}.{number}" if path else str(number)


def _is_text(part: Message) -> bool:
    """Whether a part is for reading here; one with a file's name is a file."""
    if part.get_content_maintype() == "multipart":
        return True  # it says multipart and has no parts: what is in it is text
    is_readable = part.get_content_type() in ("text/plain", "text/html", "text/enriched")
    disposition = headers.text_of(part, "Content-Disposition").partition(";")[0].strip().lower()
    return is_readable and disposition != "attachment" and not _name(part)


def _text(part: Message) -> str:
    return headers.decoded(content_of(part), _charset(part))[:LONGEST_TEXT]


def _charset(part: Message) -> str:
    try:
        return part.get_content_charset("") or ""
    except (LookupError, ValueError, UnicodeError):
        return ""


def content_of(part: Message) -> bytes:
    """The decoded bytes of a leaf, however broken its encoding is."""
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError, binascii.Error):
        payload = None
    if isinstance(payload, bytes):
        return payload
    inner = part.get_payload()
    if isinstance(inner, list):  # message/rfc822 and its kin: the mail inside, as it came
        return b"\n".join(_bytes(each) for each in inner if isinstance(each, Message))
    return str(inner or "").encode("utf-8", "surrogateescape")


def _bytes(mail: Message) -> bytes:
    try:
        return mail.as_bytes()
    except (ValueError, LookupError, KeyError, AttributeError, TypeError):
        return str(mail.get_payload() or "").encode("utf-8", "replace")


def _flowed(part: Message, text: str) -> str:
    """Text with its soft line ends taken out (RFC 3676)."""
    try:
        is_flowed = str(part.get_param("format", "")).lower() == "flowed"
        deletes_space = str(part.get_param("delsp", "")).lower() == "yes"
    except (ValueError, LookupError):
        return text
    if not is_flowed:
        return text
    lines: list[str] = []
    goes_on = False
    for line in text.split("\n"):
        line = line[1:] if line.startswith(" ") else line
        if goes_on and not line.startswith(">"):
            lines[-1] += line
        else:
            lines.append(line)
        goes_on = line.endswith(" ") and line != "-- " and not line.startswith(">")
        if goes_on and deletes_space:
            lines[-1] = lines[-1][:-1]
    return "\n".join(lines)


def _file(part: Message, path: str) -> File | None:
    content = content_of(part)
    if not content:
        return None
    kind = part.get_content_type()
    name = _name(part)
    if not name and kind == "message/rfc822":
        name = "mail.eml"
    return File(
        path=path,
        name=name or _made_up(kind, path),
        mime_type=kind[:120],
        content=content,
        cid=headers.text_of(part, "Content-ID").strip("<> ")[:200],
    )


def _name(part: Message) -> str:
    try:
        name = part.get_filename("") or ""
    except (ValueError, LookupError, UnicodeError, TypeError):
        name = ""
    name = headers.unfolded(name).replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in name if c.isprintable())[-LONGEST_NAME:].strip()


def _made_up(kind: str, path: str) -> str:
    end = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "text/calendar": "ics"}
    return f"part-{path}.{end.get(kind, 'bin')}"
