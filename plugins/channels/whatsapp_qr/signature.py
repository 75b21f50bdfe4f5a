"""Is it the gateway? The signature on every body, with a secret that is nobody's default."""

from __future__ import annotations

from core.api import Account, SignatureRefused, WebhookRequest, hub_signature
from plugins.channels.whatsapp_qr.settings import DEFAULT_SECRETS


def verify(account: Account, request: WebhookRequest) -> None:
    """Check the body's signature; raises SignatureRefused. Fails closed."""
    secret = account.secrets.get("webhook_secret", "")
    if secret in DEFAULT_SECRETS:
        raise SignatureRefused(
            "No secret of its own is set for this channel.", is_unconfigured=True
        )
    hub_signature.verify(request, secret, called="webhook secret")
