"""One message of the Messenger Platform, in our words: text, files, shares, deletions, echoes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from core.careful import (
    MAX_NAME,
    MAX_TEXT,
    Unreadable,
    mapping,
    optional_mapping,
    optional_string,
    sequence,
    string,
)
from core.inbound import Counted, InboundEdit, InboundMessage, Item, Media, MessageKind
from core.meta.moments import moment
from core.meta.sides import Sides
from core.words import say

LONGEST_URL = 2048

FILES = {
    "image": MessageKind.IMAGE,
    "video": MessageKind.VIDEO,
    "audio": MessageKind.AUDIO,
    "file": MessageKind.DOCUMENT,
    "reel": MessageKind.VIDEO,
    "ig_reel": MessageKind.VIDEO,
    "story_mention": MessageKind.IMAGE,
}
COUNTED = frozenset({"location"})  # not recorded (D2)


@dataclass
class Parts:
    """What a message's attachments come to."""

    media: list[Media] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    counted: list[str] = field(default_factory=list)
    shared: int = 0
    """Links, posts and templates: what is no file."""
    is_told: bool = True
    """Whether each of them has words or a file here."""


def read_message(event: dict[str, Any], sides: Sides) -> Iterator[Item]:
    """Yield what one `message` event means. Raises Unreadable."""
    message = mapping(event, "message")
    mid, at = string(message, "mid"), moment(event)
    if message.get("is_deleted") is True:
        yield InboundEdit(target_id=mid, at=at, is_revoked=True)
        return
    parts = _parts(message)
    own = optional_string(message, "text", limit=MAX_TEXT)
    # Meta repeats a link of the text beside it
    text = "\n".join([own] * bool(own) + [word for word in parts.words if word not in own])
    if not text and not parts.media and parts.counted:
        yield from (Counted(what) for what in parts.counted)
        return
    kind = parts.media[0].kind if parts.media else MessageKind.TEXT
    if not text and not parts.media:
        kind = MessageKind.PLACEHOLDER
    is_plain = kind is not MessageKind.PLACEHOLDER and not message.keys() & BESIDES
    is_plain = is_plain and parts.is_told and not (own and parts.shared)
    yield InboundMessage(
        provider_id=mid,
        addresses=(sides.other,),
        kind=kind,
        sent_at=at,
        text=text[:MAX_TEXT],
        reply_to=optional_string(optional_mapping(message, "reply_to"), "mid"),
        media=tuple(parts.media),
        is_echo=sides.is_echo,
        opaque=optional_string(message, "metadata", limit=1000)[:512] if sides.is_echo else "",
        raw={} if is_plain else event,
    )


BESIDES = frozenset({"quick_reply", "referral", "is_unsupported", "commands", "reply_to"})
"""What a message may bear that has no place of its own here, and is kept as it came."""


def read_postback(event: dict[str, Any], sides: Sides) -> Iterator[Item]:
    """A button that was pressed: the customer's words are the button's."""
    postback, at = mapping(event, "postback"), moment(event)
    title = optional_string(postback, "title", limit=MAX_TEXT)
    text = title or optional_string(postback, "payload", limit=MAX_TEXT)
    yield InboundMessage(
        # older versions name none: two presses differ by their time
        provider_id=optional_string(postback, "mid")
        or f"postback/{sides.other.value}/{at.timestamp()}",
        addresses=(sides.other,),
        kind=MessageKind.TEXT if text else MessageKind.PLACEHOLDER,
        sent_at=at,
        text=text,
        is_echo=sides.is_echo,
        raw=event,
    )


def _parts(message: dict[str, Any]) -> Parts:
    parts = Parts()
    for attachment in sequence(message, "attachments"):
        if not isinstance(attachment, dict):
            raise Unreadable(say("%(key)s is missing or not an object.", key="attachments"))
        _add(parts, attachment)
    return parts


def _add(parts: Parts, attachment: dict[str, Any]) -> None:
    kind = string(attachment, "type")
    payload = optional_mapping(attachment, "payload")
    url = optional_string(payload, "url", limit=LONGEST_URL)
    title = optional_string(payload, "title", limit=MAX_TEXT) or optional_string(
        attachment, "title", limit=MAX_TEXT
    )
    if kind in COUNTED:
        parts.counted.append(kind)
    elif kind in FILES and url:
        is_sticker = payload.get("sticker_id") is not None
        parts.media.append(
            Media(
                kind=MessageKind.STICKER if is_sticker else FILES[kind],
                url=url,
                filename=_filename(url) if kind == "file" else "",
            )
        )
        parts.words.extend([title] if title else [])
    else:  # a link, a shared post, a template of another app
        link = url or optional_string(attachment, "url", limit=LONGEST_URL)
        said = optional_string(payload, "text", limit=MAX_TEXT)
        words = [word for word in (title, said, link) if word]
        parts.words.extend(words)
        parts.shared += 1
        parts.is_told = parts.is_told and bool(words)


def _filename(url: str) -> str:
    """The file's own name: Meta puts it at the end of the address."""
    try:
        name = unquote(urlsplit(url).path.rpartition("/")[2])
    except ValueError:  # no address at all: fetching it will say so
        return ""
    return "".join(letter for letter in name if letter.isprintable())[:MAX_NAME]
