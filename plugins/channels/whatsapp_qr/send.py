"""One message to WhatsApp, through the gateway."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from core.api import (
    Accepted,
    Account,
    MessageKind,
    OutboundClient,
    OutboundMessage,
    OutcomeUnknown,
    SendFailed,
    say,
)
from plugins.channels.whatsapp_qr.errors import PAYLOAD, RECIPIENT
from plugins.channels.whatsapp_qr.gateway import SECONDS, call, results_of
from plugins.channels.whatsapp_qr.people import jid_of

MAX_TEXT = 4096
MAX_CAPTION = 1024
MIB = 1024 * 1024

# where a file of this kind goes, under which form field, and how large it may be (GOWA's defaults)
FILES = {
    MessageKind.IMAGE: ("send/image", "image", 20 * MIB),
    MessageKind.VIDEO: ("send/video", "video", 100 * MIB),
    MessageKind.AUDIO: ("send/audio", "audio", 50 * MIB),
    MessageKind.DOCUMENT: ("send/file", "file", 50 * MIB),
    MessageKind.STICKER: ("send/sticker", "sticker", 5 * MIB),
}
CAPTIONED = frozenset({MessageKind.IMAGE, MessageKind.VIDEO, MessageKind.DOCUMENT})
QUOTING = CAPTIONED | {MessageKind.AUDIO}
UPLOAD_SECONDS = 40.0


def send(account: Account, message: OutboundMessage, http: OutboundClient) -> Accepted:
    """Send one message. Raises SendFailed, OutcomeUnknown.

    GOWA has no field for an id of ours: what it was asked and didn't answer can only be told by
    the message's echo, or by a person.
    """
    to = jid_of(message.to)
    if not to:
        raise SendFailed(
            RECIPIENT, "address", say("WhatsApp can't reach a %(kind)s.", kind=message.to.kind)
        )
    if message.template is not None:
        raise SendFailed(PAYLOAD, "template", say("A paired phone has no templates: write a text."))
    if message.reaction_to:
        return _react(account, message, to, http)
    if message.kind is MessageKind.TEXT:
        _refuse_length(message.text, MAX_TEXT)
        body = {"phone": to, "message": message.text, **_quote(message)}
        return _accepted(call(account, http, "POST", "send/message", json=body))
    if message.kind in FILES:
        return _send_file(account, message, to, http)
    raise SendFailed(
        PAYLOAD, "kind", say("A %(kind)s can't be sent over WhatsApp.", kind=message.kind)
    )


def _react(account: Account, message: OutboundMessage, to: str, http: OutboundClient) -> Accepted:
    path = f"message/{quote(message.reaction_to, safe='')}/reaction"
    body = {"phone": to, "emoji": message.text}
    return _accepted(call(account, http, "POST", path, json=body))


def _send_file(
    account: Account, message: OutboundMessage, to: str, http: OutboundClient
) -> Accepted:
    path, field, limit = FILES[message.kind]
    if not message.media_bytes:
        raise SendFailed(PAYLOAD, "no_file", say("The message has no file to send."))
    if len(message.media_bytes) > limit:
        megabytes = limit // MIB
        raise SendFailed(
            PAYLOAD,
            "too_large",
            say(
                "WhatsApp takes files of this kind up to %(megabytes)s MB.",
                kind=message.kind,
                megabytes=megabytes,
            ),
        )
    if message.text and message.kind not in CAPTIONED:
        raise SendFailed(
            PAYLOAD, "caption", say("WhatsApp shows no caption on a %(kind)s.", kind=message.kind)
        )
    _refuse_length(message.text, MAX_CAPTION)
    mime = (message.media.mime_type if message.media else "") or "application/octet-stream"
    form = {"phone": to, **({"caption": message.text} if message.text else {})}
    if message.kind in QUOTING:
        form |= _quote(message)
    name = message.media_name or message.kind.value
    files = {field: (name, message.media_bytes, mime)}
    return _accepted(
        call(account, http, "POST", path, data=form, files=files, total=SECONDS + UPLOAD_SECONDS)
    )


def _quote(message: OutboundMessage) -> dict[str, str]:
    return {"reply_message_id": message.reply_to} if message.reply_to else {}


def _refuse_length(text: str, limit: int) -> None:
    if len(text) > limit:
        raise SendFailed(
            PAYLOAD,
            "too_long",
            say(
                "WhatsApp takes %(limit)s characters here, this has %(count)s.",
                limit=limit,
                count=len(text),
            ),
        )


def _accepted(results: Any) -> Accepted:
    identifier = results_of(results).get("message_id")
    if not isinstance(identifier, str) or not identifier:
        raise OutcomeUnknown("garbage", say("The gateway took the message but named no id."))
    return Accepted(identifier)
