"""What a download must be, and what it was."""

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path

import httpx

from core.outbound.failures import SendFailed
from core.words import say


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that `fetch_to_file` wrote: its size in bytes, sha256 (hex), declared type."""

    path: Path
    size: int
    sha256: str
    content_type: str


def refuse_status(answer: httpx.Response) -> None:
    """SendFailed for any status but 2xx, with its class and when to come back."""
    status = answer.status_code
    if 200 <= status < 300:
        return
    reason = say(
        "%(host)s answered %(status)s instead of the file.",
        host=answer.request.url.host,
        status=status,
    )
    if status in (401, 403):
        raise SendFailed("channel", str(status), reason)
    if status in (408, 429) or status >= 500:
        after = answer.headers.get("retry-after", "")
        raise SendFailed("retry", str(status), reason, float(after) if after.isdecimal() else None)
    raise SendFailed("payload", str(status), reason)


def digest_of(announced: str) -> bytes:
    """A sha256 in hex or base64 as bytes; b"" for anything else, which then differs."""
    try:
        if len(announced) == 64:
            return bytes.fromhex(announced)
        return base64.b64decode(announced + "=" * (-len(announced) % 4), altchars=b"-_")
    except (ValueError, binascii.Error):
        return b""
