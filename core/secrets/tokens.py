"""Our own API tokens: shown once, kept as a digest.

A plain SHA-256 is enough, and a slow password hash would only slow each call: the token is
256 random bits, there is nothing to guess.
"""

import hashlib
import hmac
import secrets

TOKEN_PREFIX = "sapa_"  # noqa: S105 a prefix that scanners and people recognise, no secret


def new_token() -> tuple[str, str]:
    """A new token and what to store of it: (`sapa_…`, 64 hex digits)."""
    plain = TOKEN_PREFIX + secrets.token_urlsafe(32)
    return plain, digest_token(plain)


def digest_token(plain: str) -> str:
    """The digest under which a presented token is looked up: 64 hex digits."""
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


def token_matches(plain: str, digest: str) -> bool:
    """Is this the token of that digest? Takes the same time for every wrong answer."""
    return hmac.compare_digest(digest_token(plain).encode(), digest.encode())
