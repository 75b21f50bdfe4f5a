"""One text to a number, through Twilio."""

from __future__ import annotations

from urllib.parse import urlsplit

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
from plugins.channels.sms.twilio.api import call
from plugins.channels.sms.twilio.errors import PAYLOAD, RECIPIENT

MAX_TEXT = 1600


def send(account: Account, message: OutboundMessage, http: OutboundClient) -> Accepted:
    """Send one text; its receipts come to the channel's own address. Raises SendFailed,
    OutcomeUnknown.

    Twilio has no field for an id of ours. Files would need a public address that Twilio fetches
    them from, which a customer's file must not have.
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
                "Twilio takes %(limit)s characters, this has %(count)s.",
                limit=MAX_TEXT,
                count=len(message.text),
            ),
        )
    form = {"To": message.to.value, "Body": message.text, **_sender(account), **_receipts(account)}
    answer = call(account, http, "POST", "/Messages.json", data=form)
    identifier = answer.get("sid")
    if not isinstance(identifier, str) or not identifier:
        raise OutcomeUnknown("garbage", say("Twilio took the message but named no id."))
    return Accepted(identifier)


def _sender(account: Account) -> dict[str, str]:
    service = str(account.settings.get("messaging_service_sid") or "")
    if service:
        return {"MessagingServiceSid": service}
    return {"From": account.own_address}


def _receipts(account: Account) -> dict[str, str]:
    """Where receipts go. Twilio refuses a whole message (21609) for an address on this machine."""
    host = urlsplit(account.webhook_url).hostname or ""
    if host in ("", "localhost") or host.startswith("127."):
        return {}
    return {"StatusCallback": account.webhook_url}
