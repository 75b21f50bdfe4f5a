"""Where files are kept: by their SHA-256, outside the web root."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path


class MediaStore:
    """Content-addressed files under `root`, one folder a tenant: equal bytes are stored once."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, tenant_id: int, content: bytes) -> str:
        """Store `content`, answer its SHA-256 in hex. Atomic: a crash leaves no half file."""
        digest = hashlib.sha256(content).hexdigest()
        path = self.path(tenant_id, digest)
        if path.exists():
            return digest
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        return digest

    def get(self, tenant_id: int, digest: str) -> bytes:
        """The bytes. Raises FileNotFoundError."""
        return self.path(tenant_id, digest).read_bytes()

    def path(self, tenant_id: int, digest: str) -> Path:
        if len(digest) != 64 or not all(c in "0123456789abcdef" for c in digest):
            raise FileNotFoundError(digest)
        return self._root / str(tenant_id) / digest[:2] / digest
