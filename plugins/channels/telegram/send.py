"""One message to a person, through the bot."""

from __future__ import annotations

import json
from typing import Any

from core.api import (
    Accepted,
    Account,
    IdentityKind,
    MessageKind,
    OutboundClient,
    OutboundMessage,
    OutcomeUnknown,
    SendFailed,
    say,
)
from plugins.channels.telegram.bot_api import call
from plugins.channels.telegram.errors import PAYLOAD, RECIPIENT
from plugins.channels.telegram.ids import message_id, number_in_chat
from plugins.channels.telegram.media import DOCUMENT, LIMITS, Way, way_of

MAX_TEXT = 4096
MAX_CAPTION = 1024
UPLOAD_SECONDS = 60.0
PHOTO_SECONDS = 30.0  # what is no photo goes up a second time, as a document
UNFIT_FOR_A_PHOTO = ("photo_invalid_dimensions", "image_process_failed", "photo_save_file_invalid")


def send(account: Account, message: OutboundMessage, http: OutboundClient) -> Accepted:
    """Send one message. Raises SendFailed, OutcomeUnknown.

    The Bot API has no field for an id of ours and no receipts: what it was asked and didn't answer
    can only be told by a person.
    """
    chat = _chat_of(message)
    if message.template is not None:
        raise SendFailed(PAYLOAD, "template", say("Telegram has no templates: write a text."))
    if message.reaction_to:
        return _react(account, message, chat, http)
    if message.kind is MessageKind.TEXT:
        _refuse_length(message.text, MAX_TEXT)
        body = {"chat_id": chat, "text": message.text, **_quote(message)}
        return _accepted(chat, call(account, http, "sendMessage", json=body))
    if message.kind in LIMITS:
        return _send_file(account, message, chat, http)
    raise SendFailed(
        PAYLOAD, "kind", say("A %(kind)s can't be sent over Telegram.", kind=message.kind)
    )


def _chat_of(message: OutboundMessage) -> int:
    """A private chat's number is the person's."""
    value = message.to.value
    if message.to.kind is not IdentityKind.TELEGRAM or not (value.isascii() and value.isdigit()):
        raise SendFailed(
            RECIPIENT, "address", say("Telegram can't reach a %(kind)s.", kind=message.to.kind)
        )
    return int(value)


def _react(account: Account, message: OutboundMessage, chat: int, http: OutboundClient) -> Accepted:
    target = number_in_chat(message.reaction_to)
    if target is None:
        raise SendFailed(PAYLOAD, "target", say("Telegram doesn't know this message."))
    signs = [{"type": "emoji", "emoji": message.text}] if message.text else []
    body = {"chat_id": chat, "message_id": target, "reaction": signs}
    call(account, http, "setMessageReaction", json=body)
    return Accepted(message.reaction_to)


def _send_file(
    account: Account, message: OutboundMessage, chat: int, http: OutboundClient
) -> Accepted:
    if not message.media_bytes:
        raise SendFailed(PAYLOAD, "no_file", say("The message has no file to send."))
    limit = LIMITS[message.kind]
    if len(message.media_bytes) > limit:
        raise SendFailed(
            PAYLOAD,
            "too_large",
            say("Telegram takes such a file up to %(limit)s KB.", limit=limit // 1024),
        )
    _refuse_length(message.text, MAX_CAPTION)
    way = way_of(message)
    if way.method != "sendPhoto":
        return _upload(account, message, chat, way, http, UPLOAD_SECONDS)
    try:
        return _upload(account, message, chat, way, http, PHOTO_SECONDS)
    except SendFailed as refused:
        is_odd = any(words in refused.reason.lower() for words in UNFIT_FOR_A_PHOTO)
        if not is_odd:
            raise
    # too long and thin to be a photo
    return _upload(account, message, chat, DOCUMENT, http, PHOTO_SECONDS)


def _upload(
    account: Account,
    message: OutboundMessage,
    chat: int,
    way: Way,
    http: OutboundClient,
    total: float,
) -> Accepted:
    mime = (message.media.mime_type if message.media else "") or "application/octet-stream"
    form: dict[str, Any] = {"chat_id": str(chat)}
    if message.text:
        form["caption"] = message.text
    for name, value in _quote(message).items():
        form[name] = json.dumps(value)
    files = {way.field: (message.media_name or message.kind.value, message.media_bytes, mime)}
    return _accepted(chat, call(account, http, way.method, data=form, files=files, total=total))


def _quote(message: OutboundMessage) -> dict[str, Any]:
    """The message that is answered. One that was deleted meanwhile must not stop the answer."""
    target = number_in_chat(message.reply_to) if message.reply_to else None
    if target is None:
        return {}
    return {"reply_parameters": {"message_id": target, "allow_sending_without_reply": True}}


def _refuse_length(text: str, limit: int) -> None:
    if len(text) > limit:
        raise SendFailed(
            PAYLOAD,
            "too_long",
            say(
                "Telegram takes %(limit)s characters here, this has %(count)s.",
                limit=limit,
                count=len(text),
            ),
        )


def _accepted(chat: int, result: Any) -> Accepted:
    given = result.get("message_id") if isinstance(result, dict) else None
    if isinstance(given, bool) or not isinstance(given, int):
        raise OutcomeUnknown("garbage", say("Telegram took the message but named no id."))
    return Accepted(message_id(chat, given))
