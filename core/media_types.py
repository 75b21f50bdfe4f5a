"""What a file really is, by its first bytes: only what is recognised is ever shown inline.

Never SVG, HTML or XML, which carry scripts, and no PDF, whose viewer runs some. The declared type
is the sender's word and decides nothing.
"""

from __future__ import annotations

HEAD = 64
"""How many first bytes `safe_inline_type` looks at."""

_STARTS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf1", "audio/aac"),
    (b"\xff\xf9", "audio/aac"),
    (b"#!AMR\n", "audio/amr"),
    (b"\x1aE\xdf\xa3", "video/webm"),
)
_BRANDS = {
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"qt  ": "video/quicktime",
}


def safe_inline_type(head: bytes) -> str | None:
    """The type of an image, sound or video that a browser may show by itself; None: download it."""
    for start, mime_type in _STARTS:
        if head.startswith(start):
            return mime_type
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12])
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in (b"heic", b"heix", b"mif1", b"msf1"):
            return None  # most browsers can't draw it
        return _BRANDS.get(brand, "video/mp4")
    return None
