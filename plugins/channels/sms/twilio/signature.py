"""Is it Twilio? The signature over the public address and every parameter of the form.

Source: "Validating Signatures from Twilio". Twilio signs the address with or without its usual
port, and says itself that it is not consistent: both are taken.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import urlsplit

from core.api import Account, SignatureRefused, WebhookRequest
from plugins.channels.sms.twilio.form import pairs_of

HEADER = "x-twilio-signature"
PORTS = {"https": 443, "http": 80}


def verify(account: Account, request: WebhookRequest) -> None:
    """Check it in constant time. Fails closed."""
    token = account.secrets.get("auth_token", "")
    if not token:
        raise SignatureRefused("No Auth Token is set for this channel.", is_unconfigured=True)
    given = request.headers.get(HEADER, "").encode("utf-8", "replace")
    if not given:
        raise SignatureRefused("The call bears no X-Twilio-Signature.")
    try:
        pairs = pairs_of(request.body)
    except ValueError as error:
        raise SignatureRefused("The body is no form whose signature could be checked.") from error
    fits = [hmac.compare_digest(given, sign(token, url, pairs)) for url in spellings(request.url)]
    if not any(fits):
        raise SignatureRefused("X-Twilio-Signature does not fit the address, body and Auth Token.")


def sign(token: str, url: str, pairs: Iterable[tuple[str, str]]) -> bytes:
    """Base64 of HMAC-SHA1 over the address and the parameters, sorted, names beside values."""
    text = url + "".join(name + value for name, value in sorted(set(pairs)))
    digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest)


def spellings(url: str) -> tuple[str, ...]:
    """The address as it is, and without or with the usual port."""
    parts = urlsplit(url)
    host = parts.netloc
    usual = f":{PORTS.get(parts.scheme, 443)}"
    other = host.removesuffix(usual) if parts.port else host + usual
    return url, url.replace(host, other, 1)
