"""Is it the gateway? The signature on every body, with a secret that is nobody's default."""

from __future__ import annotations

import hashlib
import hmac

from core.api import Account, SignatureRefused, WebhookRequest
from plugins.channels.whatsapp_qr.settings import DEFAULT_SECRETS

HEADER = "x-hub-signature-256"


def verify(account: Account, request: WebhookRequest) -> None:
    """Check `sha256=<hex HMAC-SHA256(webhook secret, raw body)>` in constant time. Fails closed."""
    secret = account.secrets.get("webhook_secret", "")
    if not secret or secret in DEFAULT_SECRETS:
        raise SignatureRefused(
            "No secret of its own is set for this channel.", is_unconfigured=True
        )
    given = request.headers.get(HEADER, "")
    if not given:
        raise SignatureRefused("The call bears no X-Hub-Signature-256.")
    expected = "sha256=" + hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
        raise SignatureRefused("X-Hub-Signature-256 does not fit the body and the webhook secret.")
