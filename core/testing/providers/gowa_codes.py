"""The picture of a code, as GOWA keeps it for a while under /statics."""

from __future__ import annotations

import io

import segno


def picture_of(code: str) -> bytes:
    """A PNG that a phone could scan."""
    buffer = io.BytesIO()
    segno.make(code, error="m").save(buffer, kind="png", scale=6, border=4)
    return buffer.getvalue()
