"""One message to the Messenger Platform: build the request, hand it over, read the id."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from core.adapter import Accepted, Account, OutboundMessage
from core.inbound import MessageKind
from core.meta.dialect import Dialect
from core.meta.files import upload
from core.meta.graph import node
from core.outbound import OutboundClient, OutcomeUnknown, SendFailed
from core.words import say

SECONDS = 20.0  # with an upload's before it: less than a send's lease


def send(
    dialect: Dialect, account: Account, message: OutboundMessage, http: OutboundClient
) -> Accepted:
    """Send one message. Raises SendFailed, OutcomeUnknown.

    A file is uploaded first and sent by its id: an address would make Meta fetch from us, which
    needs a public address for a customer's file.
    """
    if message.to.kind is not dialect.kind:
        raise SendFailed(
            "recipient",
            "address",
            say("%(channel)s can't reach this kind of address.", channel=dialect.title),
        )
    path = f"{node(dialect.node_of(account))}/messages"
    recipient = {"recipient": {"id": message.to.value}}
    if message.reaction_to:
        body = recipient | _reaction(dialect, message)
        dialect.graph.call(account, http, "POST", path, json=body, total=SECONDS)
        return Accepted("")  # a reaction has no id
    body = {**recipient, **_occasion(message), "message": _content(dialect, account, message, http)}
    if message.reply_to:
        body["reply_to"] = {"mid": message.reply_to}
    at = datetime.now(UTC)  # the upload is over: a mark of before now means older messages
    answer = dialect.graph.call(account, http, "POST", path, json=body, total=SECONDS)
    mid = answer.get("message_id")
    if not isinstance(mid, str) or not mid:
        raise OutcomeUnknown("garbage", say("Meta took the message but named no id."))
    return Accepted(mid, at)


def _occasion(message: OutboundMessage) -> dict[str, str]:
    """After 24 hours a person may still answer, for seven days, and has to say so."""
    if message.is_after_window:
        return {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    return {"messaging_type": "RESPONSE"}


def _reaction(dialect: Dialect, message: OutboundMessage) -> dict[str, Any]:
    payload = {"message_id": message.reaction_to}
    if not message.text:
        return {"sender_action": "unreact", "payload": payload}
    words = dialect.reaction_of or {}
    emoji = words.get(message.text, message.text)
    return {"sender_action": "react", "payload": {**payload, "reaction": emoji}}


def _content(
    dialect: Dialect, account: Account, message: OutboundMessage, http: OutboundClient
) -> dict[str, Any]:
    content: dict[str, Any] = {"metadata": message.opaque} if dialect.metadata else {}
    if message.kind is MessageKind.TEXT:
        _refuse_length(dialect, message.text)
        return {"text": message.text, **content}
    if message.kind not in dialect.limits:
        raise SendFailed(
            "payload",
            "kind",
            say(
                "A %(kind)s can't be sent over %(channel)s.",
                kind=message.kind,
                channel=dialect.title,
            ),
        )
    if message.text:
        raise SendFailed(
            "payload", "caption", say("%(channel)s shows no caption.", channel=dialect.title)
        )
    return {"attachment": upload(dialect, account, message, http), **content}


def _refuse_length(dialect: Dialect, text: str) -> None:
    most, size = dialect.max_bytes_of_text, len(text.encode())
    if most and size > most:
        raise SendFailed(
            "payload",
            "too_long",
            say(
                "%(channel)s takes %(limit)s bytes of text, this has %(count)s: an emoji or an "
                "accent counts for several.",
                channel=dialect.title,
                limit=most,
                count=size,
            ),
        )
