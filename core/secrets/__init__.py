"""Secrets: sealed at rest, masked in logs, hashed where they are ours."""

from core.secrets.box import SecretBox, SecretUnreadable
from core.secrets.key import (
    KeyUnusable,
    generate_key,
    key_from_text,
    key_to_text,
    load_or_create_key,
)
from core.secrets.redact import MASK, RedactSecrets, redact
from core.secrets.tokens import TOKEN_PREFIX, digest_token, new_token, token_matches

__all__ = [
    "MASK",
    "TOKEN_PREFIX",
    "KeyUnusable",
    "RedactSecrets",
    "SecretBox",
    "SecretUnreadable",
    "digest_token",
    "generate_key",
    "key_from_text",
    "key_to_text",
    "load_or_create_key",
    "new_token",
    "redact",
    "token_matches",
]
