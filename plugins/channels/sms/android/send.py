"""One text to a number, through the phone."""

from __future__ import annotations

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
from plugins.channels.sms.android.errors import PAYLOAD, RECIPIENT
from plugins.channels.sms.android.gateway import AlreadyThere, call

MAX_TEXT = 1530  # ten parts of 153: longer ones are often lost by networks


def send(account: Account, message: OutboundMessage, http: OutboundClient) -> Accepted:
    """Send one text under our own id, which every event about it bears. Raises SendFailed,
    OutcomeUnknown.

    So a repeated attempt is told apart by the gateway: it is never sent twice.
    """
    if message.to.kind is not IdentityKind.PHONE:
        raise SendFailed(
            RECIPIENT, "address", say("SMS can't reach a %(kind)s.", kind=message.to.kind)
        )
    if message.kind is not MessageKind.TEXT or message.reaction_to or message.template:
        raise SendFailed(PAYLOAD, "kind", say("Only text can be sent as SMS."))
    if len(message.text) > MAX_TEXT:
        raise SendFailed(
            PAYLOAD,
            "too_long",
            say(
                "A phone sends %(limit)s characters at most, this has %(count)s.",
                limit=MAX_TEXT,
                count=len(message.text),
            ),
        )
    body: dict[str, Any] = {
        "id": message.opaque,
        "textMessage": {"text": message.text},
        "phoneNumbers": [message.to.value],
        "withDeliveryReport": True,
    }
    if account.settings.get("device_id"):
        body["deviceId"] = account.settings["device_id"]
    if account.settings.get("sim_number"):
        body["simNumber"] = int(account.settings["sim_number"])
    try:
        answer = call(account, http, "POST", "messages", json=body)
    except AlreadyThere:
        return Accepted(message.opaque)
    identifier = answer.get("id") if isinstance(answer, dict) else None
    if not isinstance(identifier, str) or not identifier:
        raise OutcomeUnknown("garbage", say("The gateway took the message but named no id."))
    return Accepted(identifier)
