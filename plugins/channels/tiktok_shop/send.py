"""Writing to a buyer: a text, or a picture that is uploaded first."""

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
from plugins.channels.tiktok_shop.calls import call, segment, versioned
from plugins.channels.tiktok_shop.errors import PAYLOAD, RECIPIENT
from plugins.channels.tiktok_shop.media import upload

MAX_TEXT = 2000


def send(account: Account, message: OutboundMessage, http: OutboundClient) -> Accepted:
    """Send one message into its conversation. Raises SendFailed, OutcomeUnknown.

    There is no field for an id of ours: what got no answer is told by its echo, or by a person.
    """
    if message.to.kind is not IdentityKind.TIKTOK_IM:
        reason = say("TikTok Shop can't reach a %(kind)s.", kind=message.to.kind)
        raise SendFailed(RECIPIENT, "address", reason)
    kind, content = _content(account, message, http)
    path = f"conversations/{segment(message.to.value)}/messages"
    body = {"type": kind, "content": json.dumps(content, ensure_ascii=False)}
    path = versioned(account, "customer_service", path)
    found = call(account, http, "POST", path, body=body, total=20.0)
    identifier = found.get("message_id")
    if not isinstance(identifier, str) or not identifier:
        raise OutcomeUnknown("garbage", say("TikTok Shop took the message but named no id."))
    return Accepted(identifier)


def _content(
    account: Account, message: OutboundMessage, http: OutboundClient
) -> tuple[str, dict[str, Any]]:
    if message.kind is MessageKind.TEXT and not message.reaction_to and message.template is None:
        if len(message.text) > MAX_TEXT:
            reason = say("TikTok Shop takes %(limit)s characters.", limit=MAX_TEXT)
            raise SendFailed(PAYLOAD, "too_long", reason)
        return "TEXT", {"content": message.text}
    if message.kind is MessageKind.IMAGE:
        if message.text:
            reason = say("TikTok Shop shows no caption: send the text as a message of its own.")
            raise SendFailed(PAYLOAD, "caption", reason)
        return "IMAGE", upload(account, message, http)
    raise SendFailed(
        PAYLOAD, "kind", say("A %(kind)s can't be sent over TikTok Shop.", kind=message.kind)
    )
