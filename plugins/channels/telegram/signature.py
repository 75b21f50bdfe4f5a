"""Is it Telegram? The secret that setWebhook was given comes back with every update.

It proves the sender and says nothing of the body: https keeps that.
"""

from __future__ import annotations

import hmac

from core.api import Account, SignatureRefused, WebhookRequest

HEADER = "x-telegram-bot-api-secret-token"


def verify(account: Account, request: WebhookRequest) -> None:
    """Compare in constant time. Fails closed."""
    secret = account.secrets.get("webhook_secret", "")
    if not secret:
        raise SignatureRefused("No webhook secret is set for this channel.", is_unconfigured=True)
    given = request.headers.get(HEADER, "")
    if not given:
        raise SignatureRefused("The call bears no X-Telegram-Bot-Api-Secret-Token.")
    if not hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode()):
        raise SignatureRefused("X-Telegram-Bot-Api-Secret-Token is not the webhook secret.")
