"""The events that the gateway has the phone deliver: each is registered by itself."""

from __future__ import annotations

import contextlib
import uuid
from typing import Any
from urllib.parse import quote

from core.api import Account, OutboundClient, SendFailed, say
from plugins.channels.sms.android.errors import PAYLOAD
from plugins.channels.sms.android.gateway import AlreadyThere, call
from plugins.channels.sms.android.parse import EVENTS, NEEDED


def subscribe(account: Account, webhook_url: str, http: OutboundClient) -> None:
    """Register what isn't yet, under ids that stay the same."""
    registered = {row.get("event") for row in registered_here(account, webhook_url, http)}
    for event in EVENTS:
        if event not in registered:
            _register(account, webhook_url, event, http)


def _register(account: Account, webhook_url: str, event: str, http: OutboundClient) -> None:
    wanted = {"id": str(uuid.uuid5(account.uuid, event)), "url": webhook_url, "event": event}
    if account.settings.get("device_id"):
        wanted["deviceId"] = account.settings["device_id"]
    try:
        with contextlib.suppress(AlreadyThere):
            call(account, http, "POST", "webhooks", json=wanted)
    except SendFailed as refused:
        if refused.error_class != PAYLOAD:
            raise
        if event not in NEEDED:
            return  # an older app doesn't know it, and works without it
        raise SendFailed(
            PAYLOAD,
            "address",
            say(
                "The app delivers only to https addresses. Set SAPA_BASE_URL to one, then press "
                "Resume. (%(reason)s)",
                reason=refused.reason,
            ),
        ) from refused


def unsubscribe(account: Account, webhook_url: str, http: OutboundClient) -> None:
    """Take away what is registered for this address; other programs' stays."""
    for row in registered_here(account, webhook_url, http):
        call(account, http, "DELETE", f"webhooks/{quote(str(row.get('id')), safe='')}")


def registered_here(
    account: Account, webhook_url: str, http: OutboundClient
) -> list[dict[str, Any]]:
    """What is registered for this address. Raises SendFailed, OutcomeUnknown."""
    rows = call(account, http, "GET", "webhooks", total=8.0)
    return [
        row
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, dict) and row.get("url") == webhook_url
    ]
