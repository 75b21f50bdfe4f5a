"""Files: up to Meta before a send, down from Meta in a job soon after a webhook.

A media id lives for 7 days, the URL behind it for about 5 minutes.
"""

from __future__ import annotations

import base64
import hashlib

from core.api import (
    Account,
    Media,
    MessageKind,
    OutboundClient,
    OutboundMessage,
    OutcomeUnknown,
    ResponseTooLarge,
    SendFailed,
)
from plugins.channels.whatsapp_cloud.errors import PAYLOAD, RETRY
from plugins.channels.whatsapp_cloud.graph import call, download, node

MIB = 1024 * 1024
LIMITS = {
    MessageKind.IMAGE: 5 * MIB,
    MessageKind.VIDEO: 16 * MIB,
    MessageKind.AUDIO: 16 * MIB,
    MessageKind.DOCUMENT: 100 * MIB,
    MessageKind.STICKER: MIB // 2,
}


def upload(account: Account, message: OutboundMessage, http: OutboundClient) -> str:
    """Upload the message's bytes and return Meta's id. Nobody has seen anything yet: an unknown
    outcome here may be repeated, so it is `retry`.
    """
    limit = LIMITS[message.kind]
    if len(message.media_bytes) > limit:
        raise SendFailed(
            PAYLOAD, "too_large", f"WhatsApp takes {message.kind}s of up to {limit // 1024} KB."
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
            files={"file": (message.media_name or message.kind.value, message.media_bytes, mime)},
        )
    except OutcomeUnknown as error:
        raise SendFailed(RETRY, "upload", f"The file did not get to Meta: {error}") from error
    identifier = answer.get("id")
    if not isinstance(identifier, str) or not identifier:
        raise SendFailed(RETRY, "upload", "Meta took the file but named no id.")
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
        found = call(account, http, "GET", path)
        url, size = found.get("url"), found.get("file_size")
        if not isinstance(url, str) or not url:
            raise SendFailed(RETRY, "media", "Meta named no address for the file.")
        if isinstance(size, int) and size > limit:
            raise SendFailed(PAYLOAD, "too_large", f"The file has {size} bytes, {limit} are taken.")
        content = download(account, http, url, limit)
    except ResponseTooLarge as error:
        raise SendFailed(PAYLOAD, "too_large", f"The file has more than {limit} bytes.") from error
    except OutcomeUnknown as error:
        raise SendFailed(RETRY, "media", f"The file could not be fetched: {error}") from error
    if media.sha256 and not _is_digest(media.sha256, content):
        raise SendFailed(RETRY, "sha256", "The file is not the one sent: its SHA-256 differs.")
    return content


def _is_digest(stated: str, content: bytes) -> bool:
    """Meta writes a SHA-256 in base64 in webhooks and in hex where it describes the file."""
    digest = hashlib.sha256(content).digest()
    return stated in {digest.hex(), base64.b64encode(digest).decode()}
