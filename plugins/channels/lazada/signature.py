"""Both signatures: the one on every push, and the one on every call.

Source: the Open Platform's "Signature algorithm" and "Lazada Push Mechanism".
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from core.api import Account, SignatureRefused, WebhookRequest

HEADER = "authorization"


def verify(account: Account, request: WebhookRequest) -> None:
    """Check `HEX(HMAC-SHA256(app secret, app key + raw body))` in constant time. Fails closed.

    Lazada's page says upper case and its own sample writes lower: either is taken.
    """
    secret = account.secrets.get("app_secret", "")
    if not secret:
        raise SignatureRefused("No app secret is set for this channel.", is_unconfigured=True)
    given = request.headers.get(HEADER, "")
    if not given:
        raise SignatureRefused("The call bears no Authorization.")
    expected = of_push(str(account.settings.get("app_key", "")), secret, request.body)
    if not hmac.compare_digest(given.lower().encode("utf-8", "replace"), expected.encode()):
        raise SignatureRefused("Authorization does not fit the body and the app secret.")


def of_push(app_key: str, app_secret: str, body: bytes) -> str:
    """What stands in the Authorization header of a push, in lower case."""
    return hmac.new(app_secret.encode(), app_key.encode() + body, hashlib.sha256).hexdigest()


def of_call(app_secret: str, api: str, parameters: Mapping[str, str]) -> str:
    """`sign` of a call: HMAC over the call's name and all its parameters in their order."""
    pairs = "".join(f"{key}{parameters[key]}" for key in sorted(parameters) if key != "sign")
    signed = hmac.new(app_secret.encode(), f"{api}{pairs}".encode(), hashlib.sha256)
    return signed.hexdigest().upper()
