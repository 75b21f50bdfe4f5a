"""Writing to a buyer: a text, or a picture that is uploaded first."""

from __future__ import annotations

from core.api import (
    Accepted,
    Account,
    IdentityKind,
    MessageKind,
    OutboundClient,
    OutboundMessage,
    OutcomeUnknown,
    SendFailed,
    careful,
    say,
)
from plugins.channels.shopee.calls import Json, call, response_of
from plugins.channels.shopee.errors import PAYLOAD, RECIPIENT
from plugins.channels.shopee.media import upload

MAX_TEXT = 2000  # not published; longer ones were refused


def send(account: Account, message: OutboundMessage, http: OutboundClient) -> Accepted:
    """Send one message. Raises SendFailed, OutcomeUnknown.

    There is no field for an id of ours: what got no answer is told by its echo, or by a person.
    """
    buyer = message.to.value.removeprefix("+")
    if message.to.kind is not IdentityKind.SHOPEE_USER or not buyer.isdigit():
        reason = say("Shopee can't reach a %(kind)s.", kind=message.to.kind)
        raise SendFailed(RECIPIENT, "address", reason)
    kind, content = _content(account, message, http)
    body = {"to_id": int(buyer), "message_type": kind, "content": content}
    answer = call(account, http, "POST", "sellerchat/send_message", body=body, total=20.0)
    found = response_of(answer)
    try:
        return Accepted(careful.identifier(found, "message_id"))
    except careful.Unreadable as error:
        reason = say("Shopee took the message but named no id.")
        raise OutcomeUnknown("garbage", reason) from error


def _content(account: Account, message: OutboundMessage, http: OutboundClient) -> tuple[str, Json]:
    if message.kind is MessageKind.TEXT and not message.reaction_to and message.template is None:
        if len(message.text) > MAX_TEXT:
            reason = say("Shopee takes %(limit)s characters.", limit=MAX_TEXT)
            raise SendFailed(PAYLOAD, "too_long", reason)
        return "text", {"text": message.text}
    if message.kind is MessageKind.IMAGE:
        if message.text:
            reason = say("Shopee shows no caption: send the text as a message of its own.")
            raise SendFailed(PAYLOAD, "caption", reason)
        return "image", {"image_url": upload(account, message, http)}
    raise SendFailed(
        PAYLOAD, "kind", say("A %(kind)s can't be sent over Shopee.", kind=message.kind)
    )
