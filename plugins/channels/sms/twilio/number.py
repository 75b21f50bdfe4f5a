"""The number at Twilio, and where its messages are delivered."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from core.api import Account, OutboundClient, SendFailed, say
from plugins.channels.sms.twilio.api import call
from plugins.channels.sms.twilio.errors import CHANNEL, PAYLOAD


def subscribe(account: Account, webhook_url: str, http: OutboundClient) -> None:
    """Deliver to `webhook_url`. SendFailed, class channel, where the number isn't the account's."""
    found = find(account, http)
    if found is None:
        raise SendFailed(
            CHANNEL,
            "number",
            say("%(number)s is no number of this Twilio account.", number=account.own_address),
        )
    if found.get("sms_url") == webhook_url and found.get("sms_method") == "POST":
        return
    try:
        _deliver(account, http, found, webhook_url)
    except SendFailed as refused:
        if refused.error_class != PAYLOAD:
            raise
        raise SendFailed(
            PAYLOAD,
            "address",
            say(
                "Twilio delivers only to an address that the internet reaches. Set SAPA_BASE_URL "
                "to one, then press Resume. (%(reason)s)",
                reason=refused.reason,
            ),
        ) from refused


def unsubscribe(account: Account, webhook_url: str, http: OutboundClient) -> None:
    """Deliver nowhere, unless the number delivers elsewhere already."""
    found = find(account, http)
    if found is not None and found.get("sms_url") == webhook_url:
        _deliver(account, http, found, "")


def find(account: Account, http: OutboundClient) -> dict[str, Any] | None:
    """The own number as Twilio describes it; None where the account hasn't got it."""
    path = f"/IncomingPhoneNumbers.json?PhoneNumber={quote(account.own_address, safe='')}"
    rows = call(account, http, "GET", path, total=8.0).get("incoming_phone_numbers")
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and row.get("phone_number") == account.own_address:
            return row
    return None


def _deliver(account: Account, http: OutboundClient, row: dict[str, Any], url: str) -> None:
    path = f"/IncomingPhoneNumbers/{quote(str(row.get('sid')), safe='')}.json"
    call(account, http, "POST", path, data={"SmsUrl": url, "SmsMethod": "POST"})
