"""Both signatures: the one on every push, and the one on every call.

Source: the Open Platform's "API calls > Authorization and authentication" and "Push Mechanism".
"""

from __future__ import annotations

import hashlib
import hmac

from core.api import Account, SignatureRefused, WebhookRequest

HEADER = "authorization"


def verify(account: Account, request: WebhookRequest) -> None:
    """Check `hex HMAC-SHA256(push key, address|raw body)` in constant time. Fails closed."""
    key = account.secrets.get("push_key", "") or account.secrets.get("partner_key", "")
    if not key:
        raise SignatureRefused("No partner key is set for this channel.", is_unconfigured=True)
    given = request.headers.get(HEADER, "")
    if not given:
        raise SignatureRefused("The call bears no Authorization.")
    url = str(account.settings.get("push_url") or "") or request.url
    expected = of_push(key, url, request.body)
    if not hmac.compare_digest(given.lower().encode("utf-8", "replace"), expected.encode()):
        raise SignatureRefused("Authorization does not fit the address, the body and the key.")


def of_push(key: str, url: str, body: bytes) -> str:
    """What stands in the Authorization header of a push."""
    return hmac.new(key.encode(), f"{url}|".encode() + body, hashlib.sha256).hexdigest()


def of_call(key: str, *parts: str) -> str:
    """`sign` of a call: HMAC over partner id, path, time; for a shop also token and shop id."""
    return hmac.new(key.encode(), "".join(parts).encode(), hashlib.sha256).hexdigest()
