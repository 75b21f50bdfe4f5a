"""Both signatures: the one on every webhook, and the one on every call.

Source: the Partner Center's "Sign your API request" and "Webhooks overview".
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from core.api import Account, SignatureRefused, WebhookRequest

HEADER = "authorization"
UNSIGNED = frozenset({"sign", "access_token"})


def verify(account: Account, request: WebhookRequest) -> None:
    """Check `hex HMAC-SHA256(app secret, app key + raw body)` in constant time. Fails closed."""
    secret = account.secrets.get("app_secret", "")
    if not secret:
        raise SignatureRefused("No app secret is set for this channel.", is_unconfigured=True)
    given = request.headers.get(HEADER, "")
    if not given:
        raise SignatureRefused("The call bears no Authorization.")
    key = str(account.settings.get("app_key", ""))
    expected = of_webhook(key, secret, request.body)
    if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
        raise SignatureRefused("Authorization does not fit the body and the app secret.")


def of_webhook(app_key: str, app_secret: str, body: bytes) -> str:
    """What stands in the Authorization header of a webhook."""
    return hmac.new(app_secret.encode(), app_key.encode() + body, hashlib.sha256).hexdigest()


def of_call(app_secret: str, path: str, query: Mapping[str, str], body: bytes) -> str:
    """`sign` of a call: HMAC over secret, path, the parameters in their order, body, secret.

    `body` is the raw JSON, empty for a GET and for a file (multipart is not signed).
    """
    pairs = "".join(f"{key}{query[key]}" for key in sorted(query) if key not in UNSIGNED)
    text = f"{app_secret}{path}{pairs}".encode() + body + app_secret.encode()
    return hmac.new(app_secret.encode(), text, hashlib.sha256).hexdigest()
