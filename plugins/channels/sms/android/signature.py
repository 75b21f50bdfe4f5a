"""Is it the phone? HMAC-SHA256 over the raw body and the time beside it.

The time's age isn't judged: phones' clocks are often wrong, and an event that is told again changes
nothing.
"""

from __future__ import annotations

import hashlib
import hmac

from core.api import Account, SignatureRefused, WebhookRequest

HEADER = "x-signature"
TIME = "x-timestamp"


def verify(account: Account, request: WebhookRequest) -> None:
    """Check X-Signature in constant time. Fails closed."""
    key = account.secrets.get("signing_key", "")
    if not key:
        raise SignatureRefused("No signing key is set for this channel.", is_unconfigured=True)
    given = request.headers.get(HEADER, "").encode("utf-8", "replace")
    at = request.headers.get(TIME, "").encode("utf-8", "replace")
    if not given or not at:
        raise SignatureRefused("The call bears no X-Signature and X-Timestamp.")
    expected = hmac.new(key.encode(), request.body + at, hashlib.sha256).hexdigest().encode()
    if not hmac.compare_digest(given.lower(), expected):
        raise SignatureRefused("X-Signature does not fit the body and the signing key.")
