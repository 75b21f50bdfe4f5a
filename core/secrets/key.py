"""The installation's key: 32 random bytes, kept as one line of base64url."""

import base64
import binascii
import logging
import os
import secrets
import tempfile
from pathlib import Path

log = logging.getLogger(__name__)

_KEY_BYTES = 32


class KeyUnusable(ValueError):
    """A key is not 32 bytes of base64url, or its file can't be used."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


def generate_key() -> bytes:
    """32 random bytes for `SecretBox`."""
    return secrets.token_bytes(_KEY_BYTES)


def key_to_text(key: bytes) -> str:
    """A key as it stands in its file and in SAPA_SECRET_KEY."""
    return base64.urlsafe_b64encode(key).decode()


def key_from_text(text: str) -> bytes:
    """The key that `key_to_text` wrote; raises KeyUnusable, never shows the text."""
    try:
        key = base64.b64decode(text.strip(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise KeyUnusable(f"A secret key is {_KEY_BYTES} random bytes written as base64url.")
    return key


def load_or_create_key(path: Path) -> bytes:
    """The key in `path`, created (mode 0600) if there is none.

    Processes that start together all get the same key: the file appears whole and only
    once. Raises KeyUnusable for a damaged file; never replaces one, which would make every
    sealed secret unreadable.
    """
    path = Path(path)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _create(path)
    try:
        key = key_from_text(path.read_text(encoding="ascii"))
    except (KeyUnusable, UnicodeDecodeError):
        raise KeyUnusable(
            f"{path} holds no usable key. Restore it from a backup; a new key can't open "
            "the credentials that were sealed with the old one."
        ) from None
    if path.stat().st_mode & 0o077:
        log.warning("%s can be read by others. Run: chmod 600 %s", path, path)
    return key


def _create(path: Path) -> None:
    """Write aside, then link: unlike a rename, a link never replaces another's file."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".key-")  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(key_to_text(generate_key()) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(name, path)
        except FileExistsError:
            return  # another process was first: its key counts
    finally:
        os.unlink(name)
