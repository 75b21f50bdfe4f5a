"""Is it Meta? The handshake of a new webhook address, and the signature on every body."""

from __future__ import annotations

import hashlib
import hmac

from core.api import Account, SignatureRefused, WebhookRequest

HEADER = "x-hub-signature-256"


def handshake(account: Account, request: WebhookRequest) -> str:
    """Return the challenge that Meta wants back as plain text; SignatureRefused otherwise."""
    expected = account.secrets.get("verify_token", "")
    if not expected:
        raise SignatureRefused("No verify token is set for this channel.", is_unconfigured=True)
    if request.query.get("hub.mode") != "subscribe":
        raise SignatureRefused("hub.mode is not subscribe.")
    given = request.query.get("hub.verify_token", "")
    if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
        raise SignatureRefused("The verify token is not the one set for this channel.")
    return request.query.get("hub.challenge", "")


def verify(account: Account, request: WebhookRequest) -> None:
    """Check `sha256=<hex HMAC-SHA256(app secret, raw body)>` in constant time. Fails closed."""
    secret = account.secrets.get("app_secret", "")
    if not secret:
        raise SignatureRefused("No app secret is set for this channel.", is_unconfigured=True)
    given = request.headers.get(HEADER, "")
    if not given:
        raise SignatureRefused("The call bears no X-Hub-Signature-256.")
    expected = "sha256=" + hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
        raise SignatureRefused("X-Hub-Signature-256 does not fit the body and the app secret.")
