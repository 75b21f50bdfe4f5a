"""Files of the Messenger Platform: up before a send, down in a job soon after a webhook."""

from __future__ import annotations

import json
from typing import Any

from core.adapter import Account, OutboundMessage
from core.inbound import Media, MessageKind
from core.meta.dialect import Dialect
from core.meta.graph import node
from core.outbound import OutboundClient, OutcomeUnknown, ResponseTooLarge, SendFailed
from core.words import say

MIB = 1024 * 1024
MOST = 64 * MIB  # of what customers send: more than Meta lets them, so that nothing is cut off
GONE = frozenset({"401", "403", "404", "410"})  # an address of Meta's is signed, and ends

UPLOAD_SECONDS = 40.0

HOSTS = ("*.fbcdn.net", "*.fbsbx.com", "*.cdninstagram.com")
"""Where Meta's addresses of files point."""

NAMES = {
    MessageKind.IMAGE: "image",
    MessageKind.VIDEO: "video",
    MessageKind.AUDIO: "audio",
    MessageKind.DOCUMENT: "file",
    MessageKind.STICKER: "image",
}


def upload(
    dialect: Dialect, account: Account, message: OutboundMessage, http: OutboundClient
) -> dict[str, Any]:
    """Upload the message's bytes; the attachment that names them.

    Nobody has seen anything yet: an unknown outcome here may be repeated, so it is `retry`.
    """
    limit, content = dialect.limits[message.kind], message.media_bytes
    if not content:
        raise SendFailed("payload", "no_file", say("The message has no file to send."))
    if len(content) > limit:
        raise SendFailed(
            "payload",
            "too_large",
            say(
                "%(channel)s takes a %(kind)s of up to %(limit)s MB.",
                channel=dialect.title,
                kind=message.kind,
                limit=limit // MIB,
            ),
        )
    kind = NAMES[message.kind]
    mime = (message.media.mime_type if message.media else "") or "application/octet-stream"
    form = {"message": json.dumps({"attachment": {"type": kind, "payload": {"is_reusable": True}}})}
    if dialect.platform:
        form["platform"] = dialect.platform
    try:
        answer = dialect.graph.call(
            account,
            http,
            "POST",
            f"{node(dialect.node_of(account))}/message_attachments",
            data=form,
            files={"filedata": (message.media_name or kind, content, mime)},
            total=UPLOAD_SECONDS,
        )
    except OutcomeUnknown as error:
        raise SendFailed(
            "retry", "upload", say("The file did not get to Meta: %(reason)s", reason=error.reason)
        ) from error
    identifier = answer.get("attachment_id")
    if not isinstance(identifier, str) or not identifier:
        raise SendFailed("retry", "upload", say("Meta took the file but named no id."))
    return {"type": kind, "payload": {"attachment_id": identifier}}


def fetch(dialect: Dialect, account: Account, media: Media, http: OutboundClient) -> bytes:
    """Download a file from the address that its message bore, from Meta's own hosts only.

    The address is signed and lives for some days, so the bearer isn't sent along. Raises
    SendFailed: `retry` when Meta or the line failed, `payload` when the file is too large or gone.
    """
    try:
        return dialect.graph.download(account, http, media.url, MOST, is_signed=True)
    except ResponseTooLarge as error:
        raise SendFailed(
            "payload", "too_large", say("The file has more than %(limit)s bytes.", limit=MOST)
        ) from error
    except OutcomeUnknown as error:
        raise SendFailed(
            "retry", "media", say("The file could not be fetched: %(reason)s", reason=error.reason)
        ) from error
    except SendFailed as failed:
        if failed.code in GONE:
            raise SendFailed(
                "payload", "gone", say("Meta no longer holds this file: its address has ended.")
            ) from failed
        raise
