"""`X-Hub-Signature-256` and the handshake before it, as WebSub made them and Meta took them over.

An adapter whose provider signs so passes its own secret; what is checked is the same for all.
"""

from __future__ import annotations

import hashlib
import hmac

from core.adapter import SignatureRefused, WebhookRequest

HEADER = "x-hub-signature-256"


def handshake(request: WebhookRequest, verify_token: str) -> str:
    """Return the challenge that is wanted back as plain text; SignatureRefused otherwise."""
    if not verify_token:
        raise SignatureRefused("No verify token is set for this channel.", is_unconfigured=True)
    if request.query.get("hub.mode") != "subscribe":
        raise SignatureRefused("hub.mode is not subscribe.")
    given = request.query.get("hub.verify_token", "")
    if not hmac.compare_digest(given.encode("utf-8", "replace"), verify_token.encode()):
        raise SignatureRefused("The verify token is not the one set for this channel.")
    return request.query.get("hub.challenge", "")


def verify(request: WebhookRequest, secret: str, *, called: str = "app secret") -> None:
    """Check `sha256=<hex HMAC-SHA256(secret, raw body)>` in constant time. Fails closed.

    `called`: the secret's name on the provider's screens.
    """
    if not secret:
        raise SignatureRefused(f"No {called} is set for this channel.", is_unconfigured=True)
    given = request.headers.get(HEADER, "")
    if not given:
        raise SignatureRefused("The call bears no X-Hub-Signature-256.")
    expected = "sha256=" + hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
        raise SignatureRefused(f"X-Hub-Signature-256 does not fit the body and the {called}.")
