"""Files: by which method one goes out, and how one that came in is fetched.

Sizes from "Sending files" and getFile, core.telegram.org/bots/api: a bot sends up to 50 MB (a
photo 10 MB) and is handed 20 MB.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.api import (
    Account,
    Media,
    MessageKind,
    OutboundClient,
    OutboundMessage,
    OutcomeUnknown,
    ResponseTooLarge,
    SendFailed,
    careful,
    say,
)
from plugins.channels.telegram.bot_api import call, download
from plugins.channels.telegram.errors import PAYLOAD, RETRY

MIB = 1024 * 1024
FETCHED = 20 * MIB
PHOTO = 10 * MIB
LIMITS = {
    MessageKind.IMAGE: 50 * MIB,  # above 10 MB it goes as a document
    MessageKind.VIDEO: 50 * MIB,
    MessageKind.AUDIO: 50 * MIB,
    MessageKind.DOCUMENT: 50 * MIB,
    MessageKind.STICKER: MIB // 2,
}


@dataclass(frozen=True)
class Way:
    """A method and the field that its file stands in."""

    method: str
    field: str


DOCUMENT = Way("sendDocument", "document")
STICKER = Way("sendSticker", "sticker")

WAYS = {
    (MessageKind.IMAGE, "image/jpeg"): Way("sendPhoto", "photo"),
    (MessageKind.IMAGE, "image/png"): Way("sendPhoto", "photo"),
    (MessageKind.IMAGE, "image/webp"): Way("sendPhoto", "photo"),
    (MessageKind.IMAGE, "image/gif"): Way("sendAnimation", "animation"),
    (MessageKind.VIDEO, "video/mp4"): Way("sendVideo", "video"),
    (MessageKind.AUDIO, "audio/ogg"): Way("sendVoice", "voice"),
    (MessageKind.AUDIO, "audio/mpeg"): Way("sendAudio", "audio"),
    (MessageKind.AUDIO, "audio/mp4"): Way("sendAudio", "audio"),
    (MessageKind.STICKER, "image/webp"): STICKER,
}
"""What Telegram shows as what it is. Anything else is a document, which takes every type."""


def way_of(message: OutboundMessage) -> Way:
    """By which method a message's file goes."""
    way = WAYS.get((message.kind, mime_of(message)), DOCUMENT)
    if way.method == "sendPhoto" and len(message.media_bytes) > PHOTO:
        return DOCUMENT
    if way is STICKER and message.text:
        return DOCUMENT  # a sticker bears no caption
    return way


def mime_of(message: OutboundMessage) -> str:
    """The type without its parameters, in lower case."""
    stated = message.media.mime_type if message.media else ""
    return stated.partition(";")[0].strip().lower()


def fetch_media(account: Account, media: Media, http: OutboundClient) -> bytes:
    """Download a file that an update named. Its address lives for an hour, so it is asked anew.

    Raises SendFailed: `retry` when Telegram or the line failed, `channel` when the token was
    refused, `payload` when the file is too large for a bot or gone.
    """
    try:
        found = call(account, http, "getFile", json={"file_id": media.provider_id})
        path = careful.optional_string(found if isinstance(found, dict) else {}, "file_path")
        if not path:
            raise SendFailed(RETRY, "media", say("Telegram named no address for the file."))
        return download(account, http, path, FETCHED)
    except ResponseTooLarge as error:
        raise SendFailed(PAYLOAD, "too_large", say("The file is too large for a bot.")) from error
    except careful.Unreadable as error:
        raise SendFailed(PAYLOAD, "media", str(error)) from error
    except OutcomeUnknown as error:
        raise SendFailed(
            RETRY, "media", say("The file could not be fetched: %(reason)s", reason=error.reason)
        ) from error
