"""The one box for credentials: AES-256-GCM, bound to the row they belong to.

A sealed text is `v1.<key id>.<base64url of nonce and ciphertext>`. The context ("channel:42")
is authenticated but not stored: a ciphertext copied to another row doesn't open there. Fernet
was rejected because it has no associated data.
"""

import base64
import binascii
import hashlib
import hmac
import json
import os
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = "v1"
_NONCE_BYTES = 12
_KEY_BYTES = 32


class SecretUnreadable(ValueError):
    """A sealed text doesn't open: another row's, altered, or sealed with a key we lack."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


class SecretBox:
    """Seals with `key`, opens with `key` and the `older` ones, newest first.

    Each key is 32 random bytes (`generate_key`); ValueError otherwise. To rotate: pass the
    new key first, `reseal` every row for which `is_stale`, then drop the old key.
    """

    def __init__(self, key: bytes, *older: bytes) -> None:
        self._ciphers: dict[str, AESGCM] = {}
        self._taggers: list[bytes] = []
        for each in (key, *older):
            if len(each) != _KEY_BYTES:
                raise ValueError(f"A secret key has {_KEY_BYTES} bytes, this one {len(each)}.")
            self._ciphers.setdefault(_key_id(each), AESGCM(each))
            self._taggers.append(hmac.digest(each, b"sapa tags", "sha256"))
        self._newest = _key_id(key)

    def __repr__(self) -> str:
        return f"<SecretBox {self._newest}>"

    def seal(self, values: Mapping[str, str], context: str) -> str:
        """Encrypt a flat mapping of names to secrets for one row, named by `context`."""
        plain = json.dumps(dict(values), ensure_ascii=False, separators=(",", ":")).encode()
        nonce = os.urandom(_NONCE_BYTES)
        data = _associated(self._newest, context)
        sealed = nonce + self._ciphers[self._newest].encrypt(nonce, plain, data)
        return f"{_VERSION}.{self._newest}.{base64.urlsafe_b64encode(sealed).decode()}"

    def open(self, token: str, context: str) -> dict[str, str]:
        """The mapping that was sealed for `context`; SecretUnreadable if it wasn't."""
        version, _, rest = token.partition(".")
        key_id, _, body = rest.partition(".")
        if version != _VERSION or not body:
            raise SecretUnreadable("This is no sealed secret.")
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise SecretUnreadable(
                f"This secret was sealed with key {key_id}, which isn't here. "
                "Restore that key, or enter the secret again."
            )
        try:
            sealed = base64.b64decode(body, altchars=b"-_", validate=True)
            if base64.urlsafe_b64encode(sealed).decode() != body:
                raise ValueError  # bits that base64 leaves unused were altered
            nonce, encrypted = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
            plain = cipher.decrypt(nonce, encrypted, _associated(key_id, context))
        except (binascii.Error, ValueError, InvalidTag):
            # One answer for all: which check failed is nobody's business.
            raise SecretUnreadable(
                "This secret was altered or belongs elsewhere. Enter it again."
            ) from None
        opened: dict[str, str] = json.loads(plain)
        return opened

    def tag(self, text: str, purpose: str) -> str:
        """16 characters of base64url that nobody can write for `text` without our key.

        For what is no secret but must be ours, as the address in an opt-out link. 96 bits: short
        enough for a message, and a wrong guess costs a request.
        """
        return _tag(self._taggers[0], text, purpose)

    def is_tag(self, tag: str, text: str, purpose: str) -> bool:
        """Whether we wrote `tag` for this text and purpose, under any of our keys."""
        given = tag.encode("utf-8", "surrogatepass")
        matches = [
            hmac.compare_digest(given, _tag(key, text, purpose).encode()) for key in self._taggers
        ]
        return any(matches)

    def is_stale(self, token: str) -> bool:
        """Was this sealed with another key than the newest?"""
        return not token.startswith(f"{_VERSION}.{self._newest}.")

    def reseal(self, token: str, context: str) -> str:
        """The same secret under the newest key; SecretUnreadable as for `open`."""
        return self.seal(self.open(token, context), context)


def _key_id(key: bytes) -> str:
    """Names a key without telling it: eight hex digits of a digest used for nothing else."""
    return hashlib.sha256(b"sapa key id\0" + key).hexdigest()[:8]


def _tag(key: bytes, text: str, purpose: str) -> str:
    digest = hmac.digest(key, f"{purpose}\0{text}".encode("utf-8", "surrogatepass"), "sha256")
    return base64.urlsafe_b64encode(digest[:12]).decode()


def _associated(key_id: str, context: str) -> bytes:
    return f"sapa\0{_VERSION}\0{key_id}\0{context}".encode()
