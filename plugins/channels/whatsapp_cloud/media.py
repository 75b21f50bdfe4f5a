"""Files: up to Meta before a send, down from Meta in a job soon after a webhook.

A media id lives for 7 days, the URL behind it for about 5 minutes.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from core.api import (
    Account,
    Media,
    MessageKind,
    OutboundClient,
    OutboundMessage,
    OutcomeUnknown,
    ResponseTooLarge,
    SendFailed,
    say,
)
from plugins.channels.whatsapp_cloud.errors import PAYLOAD, RETRY
from plugins.channels.whatsapp_cloud.graph import GRAPH, call, node

MIB = 1024 * 1024
GONE = frozenset({"100", "131052", "404"})
LIMITS = {
    MessageKind.IMAGE: 5 * MIB,
    MessageKind.VIDEO: 16 * MIB,
    MessageKind.AUDIO: 16 * MIB,
    MessageKind.DOCUMENT: 100 * MIB,
    MessageKind.STICKER: MIB // 2,
}
STICKER_LIMIT = 100 * 1024  # of one that doesn't move; of one that does, 500 KB

TAKEN = {
    MessageKind.IMAGE: frozenset({"image/jpeg", "image/png"}),
    MessageKind.VIDEO: frozenset({"video/mp4", "video/3gpp"}),
    MessageKind.AUDIO: frozenset(
        {"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"}
    ),
}
"""Types that Meta takes as what they are, from its "Supported media types"."""


def sent_as(message: OutboundMessage) -> MessageKind:
    """The kind as which Meta takes the file: a GIF is no image to it, nor a WAV an audio.

    What it would refuse so goes as a document, which takes any type; a small WebP is a sticker.
    """
    kind, mime = message.kind, mime_of(message)
    if not mime or kind not in TAKEN or mime in TAKEN[kind]:
        return kind
    if mime == "image/webp" and not message.text and len(message.media_bytes) <= STICKER_LIMIT:
        return MessageKind.STICKER
    return MessageKind.DOCUMENT


def is_voice(message: OutboundMessage) -> bool:
    """Whether an audio plays as a voice note: OGG with Opus only."""
    return mime_of(message) == "audio/ogg"


def mime_of(message: OutboundMessage) -> str:
    """The type without its parameters, in lower case."""
    stated = message.media.mime_type if message.media else ""
    return stated.partition(";")[0].strip().lower()


def upload(
    account: Account, message: OutboundMessage, kind: MessageKind, http: OutboundClient
) -> str:
    """Upload the message's bytes and return Meta's id. Nobody has seen anything yet: an unknown
    outcome here may be repeated, so it is `retry`.
    """
    limit = LIMITS[kind]
    if len(message.media_bytes) > limit:
        raise SendFailed(
            PAYLOAD,
            "too_large",
            say("WhatsApp takes a %(kind)s of up to %(limit)s KB.", kind=kind, limit=limit // 1024),
        )
    mime = (message.media.mime_type if message.media else "") or "application/octet-stream"
    number = node(str(account.settings.get("phone_number_id", "")))
    try:
        answer = call(
            account,
            http,
            "POST",
            f"{number}/media",
            data={"messaging_product": "whatsapp", "type": mime},
            files={"file": (message.media_name or kind.value, message.media_bytes, mime)},
            total=40.0,
        )
    except OutcomeUnknown as error:
        raise SendFailed(
            RETRY, "upload", say("The file did not get to Meta: %(reason)s", reason=error.reason)
        ) from error
    identifier = answer.get("id")
    if not isinstance(identifier, str) or not identifier:
        raise SendFailed(RETRY, "upload", say("Meta took the file but named no id."))
    return identifier


def fetch_media(account: Account, media: Media, http: OutboundClient) -> bytes:
    """Download a file that a webhook named, checked against its size limit and its SHA-256.

    Raises SendFailed: `retry` when Meta or the line failed, `channel` when the token was refused,
    `payload` when the file itself is wrong or gone. Call it in a job, at once, outside any
    transaction. The file is in memory once: 100 MB at most.
    """
    limit = LIMITS.get(media.kind, 0)
    number = str(account.settings.get("phone_number_id", ""))
    path = f"{node(media.provider_id)}?phone_number_id={node(number)}"
    try:
        found = _describe(account, http, path)
        url, size = found.get("url"), found.get("file_size")
        if not isinstance(url, str) or not url:
            raise SendFailed(RETRY, "media", say("Meta named no address for the file."))
        if isinstance(size, int) and size > limit:
            raise SendFailed(
                PAYLOAD,
                "too_large",
                say("The file has %(size)s bytes, %(limit)s are taken.", size=size, limit=limit),
            )
        content = GRAPH.download(account, http, url, limit, is_signed=False)
    except ResponseTooLarge as error:
        raise SendFailed(
            PAYLOAD, "too_large", say("The file has more than %(limit)s bytes.", limit=limit)
        ) from error
    except OutcomeUnknown as error:
        raise SendFailed(
            RETRY, "media", say("The file could not be fetched: %(reason)s", reason=error.reason)
        ) from error
    if media.sha256 and not _is_digest(media.sha256, content):
        raise SendFailed(RETRY, "sha256", say("The file is not the one sent: its SHA-256 differs."))
    return content


def _describe(account: Account, http: OutboundClient, path: str) -> dict[str, Any]:
    """Where the file is. An id that Meta no longer knows has ended: it lives for 7 days."""
    try:
        return call(account, http, "GET", path)
    except SendFailed as failed:
        if failed.code in GONE:
            raise SendFailed(
                PAYLOAD, "gone", say("Meta no longer holds this file: it keeps them for 7 days.")
            ) from failed
        raise


def _is_digest(stated: str, content: bytes) -> bool:
    """Meta writes a SHA-256 in base64 in webhooks and in hex where it describes the file."""
    digest = hashlib.sha256(content).digest()
    return stated in {digest.hex(), base64.b64encode(digest).decode()}
