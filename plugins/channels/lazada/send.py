"""Writing to a buyer: a text, or a picture that is uploaded first. Templates are Lazada's word for
kinds of messages: 1 is a text, 3 a picture."""

from __future__ import annotations

from core.api import (
    Accepted,
    Account,
    Address,
    IdentityKind,
    MessageKind,
    OutboundClient,
    OutboundMessage,
    OutcomeUnknown,
    SendFailed,
    careful,
    say,
)
from plugins.channels.lazada.calls import call, data_of
from plugins.channels.lazada.errors import PAYLOAD, RECIPIENT
from plugins.channels.lazada.media import upload

MAX_TEXT = 2000  # not published; longer ones were refused


def send(account: Account, message: OutboundMessage, http: OutboundClient) -> Accepted:
    """Send one message into its session. Raises SendFailed, OutcomeUnknown.

    There is no field for an id of ours: what got no answer is told by its echo, or by a person.
    """
    session = _session(account, message.to)
    content = _content(account, message, http)
    given = {"session_id": session, **content}
    found = call(account, http, "POST", "/im/message/send", given, total=20.0)
    try:
        return Accepted(careful.identifier(data_of(found), "message_id"))
    except careful.Unreadable as error:
        reason = say("Lazada took the message but named no id.")
        raise OutcomeUnknown("garbage", reason) from error


def _session(account: Account, to: Address) -> str:
    """A buyer who wrote is answered in their session; one who only ordered has none."""
    if to.kind is not IdentityKind.LAZADA_BUYER:
        reason = say("Lazada can't reach a %(kind)s.", kind=to.kind)
        raise SendFailed(RECIPIENT, "address", reason)
    if "_" in to.value:
        return to.value
    pattern = str(account.settings.get("session_pattern") or "")
    if not pattern:
        reason = say("Lazada lets a shop answer only: this buyer has not written yet.")
        raise SendFailed(RECIPIENT, "no_session", reason)
    seller = str(account.settings.get("seller_id", ""))
    return pattern.replace("{seller}", seller).replace("{buyer}", to.value)


def _content(account: Account, message: OutboundMessage, http: OutboundClient) -> dict[str, str]:
    if message.kind is MessageKind.TEXT and not message.reaction_to and message.template is None:
        if len(message.text) > MAX_TEXT:
            reason = say("Lazada takes %(limit)s characters.", limit=MAX_TEXT)
            raise SendFailed(PAYLOAD, "too_long", reason)
        return {"template_id": "1", "txt": message.text}
    if message.kind is MessageKind.IMAGE:
        if message.text:
            reason = say("Lazada shows no caption: send the text as a message of its own.")
            raise SendFailed(PAYLOAD, "caption", reason)
        return {"template_id": "3", **upload(account, message, http)}
    raise SendFailed(
        PAYLOAD, "kind", say("A %(kind)s can't be sent over Lazada.", kind=message.kind)
    )
