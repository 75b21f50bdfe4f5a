"""Where Telegram delivers: told when the channel is made, changed or resumed."""

from __future__ import annotations

from typing import Any

from core.api import Account, OutboundClient, SendFailed, say
from plugins.channels.telegram.bot_api import call
from plugins.channels.telegram.errors import PAYLOAD
from plugins.channels.telegram.parse import UPDATES


def subscribe(account: Account, webhook_url: str, http: OutboundClient) -> None:
    """Have updates delivered to `webhook_url`, with the channel's own secret."""
    wanted = {
        "url": webhook_url,
        "secret_token": account.secrets.get("webhook_secret", ""),
        "allowed_updates": list(UPDATES),
    }
    try:
        call(account, http, "setWebhook", json=wanted)
    except SendFailed as refused:
        if refused.error_class != PAYLOAD:
            raise
        raise SendFailed(
            PAYLOAD,
            "address",
            say(
                "Telegram delivers only to an https address that the internet reaches. Set "
                "SAPA_BASE_URL to one, then press Resume. (%(reason)s)",
                reason=refused.reason,
            ),
        ) from refused


def unsubscribe(account: Account, webhook_url: str, http: OutboundClient) -> None:
    """Stop deliveries, unless the bot delivers elsewhere already."""
    if info(account, http).get("url") == webhook_url:
        call(account, http, "deleteWebhook", json={})


def info(account: Account, http: OutboundClient) -> dict[str, Any]:
    """What Telegram knows of the webhook. Raises SendFailed, OutcomeUnknown."""
    found = call(account, http, "getWebhookInfo", json={})
    return found if isinstance(found, dict) else {}
