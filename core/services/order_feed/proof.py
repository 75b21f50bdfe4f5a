"""What proves that a delivery comes from the shop: an HMAC over its time and its raw body."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from core.errors import Refused
from core.words import say

SIGNATURE = "X-Sapa-Signature"
TIMESTAMP = "X-Sapa-Timestamp"
SKEW = 300  # seconds that the two clocks may differ; older deliveries may be replays


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """`sha256=<hex>`: HMAC-SHA256 under the secret, over `<timestamp>.` and the raw body."""
    message = timestamp.encode() + b"." + body
    return "sha256=" + hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def prove(secret: str, timestamp: str, signature: str, body: bytes, at: datetime) -> None:
    """Raises Refused (401): no secret, a wrong signature, a time off by over five minutes.

    The time is judged after the signature, so that a stranger learns nothing of our clock.
    """
    expected = sign(secret, timestamp, body)
    is_signed = bool(secret) and hmac.compare_digest(
        expected.encode(), signature.strip().encode("utf-8", "surrogatepass")
    )
    if not is_signed:
        raise Refused(say("The signature doesn't match."), status=401)
    is_number = timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 13
    if not is_number or abs(at.timestamp() - int(timestamp)) > SKEW:
        raise Refused(
            say("The timestamp is more than five minutes off: send the current Unix time."),
            status=401,
        )
