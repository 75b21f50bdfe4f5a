"""One message of Telegram's: its kind shows by which of many fields it bears."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.api import (
    Address,
    AddressesLinked,
    Counted,
    IdentityKind,
    InboundMessage,
    Item,
    Media,
    MessageKind,
    WishTold,
    careful,
)
from plugins.channels.telegram.files import file_of
from plugins.channels.telegram.ids import message_id, number

Json = dict[str, Any]

NOT_KEPT = {
    "location": "location",
    "venue": "location",
    "poll": "poll",
    "contact": "contacts",
    "pinned_message": "service",
    "message_auto_delete_timer_changed": "service",
    "write_access_allowed": "service",
    "chat_background_set": "service",
}
"""Recorded nowhere, only counted (D2)."""

WISHES = {"/stop": True, "/start": False}
"""Commands that every bot has: no more, and (taken back) go on."""


def read_message(message: Json) -> Iterator[Item]:
    """Yield what one message of a private chat means. Raises careful.Unreadable."""
    for key, what in NOT_KEPT.items():
        if message.get(key) is not None:
            yield from _own_number(message)
            yield Counted(what)
            return
    read = _read(message)
    yield read
    command = read.text.partition(" ")[0]
    if command in WISHES and read.text in (command, command + " "):
        yield WishTold(read.addresses[0], read.sent_at, is_out=WISHES[command], is_said=True)


def text_of(message: Json) -> str:
    """The text, or a file's caption."""
    return careful.optional_string(
        message, "text", limit=careful.MAX_TEXT
    ) or careful.optional_string(message, "caption", limit=careful.MAX_TEXT)


def _read(message: Json) -> InboundMessage:
    text, file = text_of(message), file_of(message)
    if file is not None:
        return _message(message, file.kind, text, media=(file,))
    if text:
        return _message(message, MessageKind.TEXT, text)
    if message.get("dice") is not None:
        dice = careful.mapping(message, "dice")
        thrown = f"{careful.string(dice, 'emoji', limit=16)} {number(dice, 'value')}"
        return _message(message, MessageKind.TEXT, thrown)
    return _message(message, MessageKind.PLACEHOLDER, raw=message)


def _message(
    message: Json,
    kind: MessageKind,
    text: str = "",
    *,
    media: tuple[Media, ...] = (),
    raw: Json | None = None,
) -> InboundMessage:
    chat = number(careful.mapping(message, "chat"), "id")
    quoted = careful.optional_mapping(message, "reply_to_message")
    return InboundMessage(
        provider_id=message_id(chat, number(message, "message_id")),
        addresses=(Address(IdentityKind.TELEGRAM, str(chat)),),
        kind=kind,
        sent_at=careful.unix_moment(message, "date"),
        text=text,
        name=_name(careful.optional_mapping(message, "from")),
        reply_to=message_id(chat, number(quoted, "message_id")) if quoted else "",
        media=media,
        raw=raw or {},
    )


def _name(sender: Json) -> str:
    parts = (
        careful.optional_string(sender, key, limit=careful.MAX_TEXT)
        for key in ("first_name", "last_name")
    )
    name = " ".join(part for part in parts if part)
    return (name or careful.optional_string(sender, "username"))[: careful.MAX_NAME]


def _own_number(message: Json) -> Iterator[Item]:
    """A shared contact proves a number only where it is the sender's own account."""
    if message.get("contact") is None:
        return
    contact, sender = careful.mapping(message, "contact"), careful.mapping(message, "from")
    if contact.get("user_id") is None or contact["user_id"] != sender.get("id"):
        return
    digits = careful.string(contact, "phone_number", limit=40).removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and 5 <= len(digits) <= 20):
        return
    chat = number(careful.mapping(message, "chat"), "id")
    yield AddressesLinked(
        addresses=(
            Address(IdentityKind.TELEGRAM, str(chat)),
            Address(IdentityKind.PHONE, "+" + digits),
        ),
        at=careful.unix_moment(message, "date"),
    )
