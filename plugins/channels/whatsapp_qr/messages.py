"""The payload of a `message` event: what kind it is, from the one field that names its content."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

from core.api import Counted, InboundMessage, Item, Media, MessageKind, careful
from plugins.channels.whatsapp_qr.people import Chat, jid_of

MEDIA = {
    "image": MessageKind.IMAGE,
    "video": MessageKind.VIDEO,
    "video_note": MessageKind.VIDEO,
    "audio": MessageKind.AUDIO,
    "document": MessageKind.DOCUMENT,
    "sticker": MessageKind.STICKER,
}

NOT_KEPT = {
    "location": "location",
    "live_location": "location",
    "contact": "contacts",
    "contacts_array": "contacts",
}
"""Recorded nowhere, only counted (D2). GOWA doesn't name polls: they are placeholders."""


def read_message(payload: dict[str, Any], chat: Chat) -> Item:
    """What one message means. Raises careful.Unreadable."""
    for key, what in NOT_KEPT.items():
        if payload.get(key) is not None:
            return Counted(what)
    text = careful.optional_string(payload, "body", limit=careful.MAX_TEXT)
    files = list(_files(payload, chat))
    if files:
        return _message(payload, chat, files[0].kind, text or _caption(payload), media=tuple(files))
    if text:
        return _message(payload, chat, MessageKind.TEXT, text)
    shown = payload.get("interactive")
    if isinstance(shown, str) and shown:  # buttons and lists, written out by the gateway
        return _message(payload, chat, MessageKind.TEXT, shown[: careful.MAX_TEXT], raw=payload)
    return _message(payload, chat, MessageKind.PLACEHOLDER, raw=payload)


def _message(
    payload: dict[str, Any],
    chat: Chat,
    kind: MessageKind,
    text: str = "",
    *,
    media: tuple[Media, ...] = (),
    raw: dict[str, Any] | None = None,
) -> InboundMessage:
    name = careful.optional_string(payload, "from_name", limit=careful.MAX_TEXT)
    return InboundMessage(
        provider_id=careful.string(payload, "id"),
        addresses=chat.addresses,
        kind=kind,
        sent_at=careful.iso_moment(payload),
        text=text,
        name=name[: careful.MAX_NAME],
        reply_to=careful.optional_string(payload, "replied_to_id"),
        media=media,
        is_echo=payload.get("is_from_me") is True,
        raw=raw or {},
    )


def _files(payload: dict[str, Any], chat: Chat) -> Iterator[Media]:
    """The files of a message. GOWA downloads them by itself unless it is told not to.

    Downloaded, the field is a path (or an object with one); not, it is an object with WhatsApp's
    own encrypted address, which only the gateway can open: then its download call is asked.
    """
    for key, kind in MEDIA.items():
        value = payload.get(key)
        if value is None:
            continue
        if isinstance(value, str):
            value = {"path": value}
        if not isinstance(value, dict):
            raise careful.Unreadable(f"{key} names no file.")
        path = careful.optional_string(value, "path", limit=1024)
        address = careful.optional_string(value, "url", limit=4096)
        identifier = careful.string(payload, "id")
        if not path and not address:
            raise careful.Unreadable(f"{key} names no file.")
        named = careful.optional_string(value, "filename", limit=1024)
        yield Media(
            kind=kind,
            provider_id=identifier,
            url=path or _download_call(identifier, chat),
            mime_type=_type_of(named or path or urlsplit(address).path),
            filename=named[: careful.MAX_NAME],
        )


def _download_call(identifier: str, chat: Chat) -> str:
    jid = jid_of(chat.addresses[0])
    return f"message/{quote(identifier, safe='')}/download?phone={quote(jid, safe='@')}"


def _caption(payload: dict[str, Any]) -> str:
    for key in MEDIA:
        value = payload.get(key)
        if isinstance(value, dict):
            return careful.optional_string(value, "caption", limit=careful.MAX_TEXT)
    return ""


def _type_of(name: str) -> str:
    return mimetypes.guess_type(name)[0] or ""
