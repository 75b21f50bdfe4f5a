"""How large a picture is, from its first bytes: Lazada's chat asks for it and doesn't look."""

from __future__ import annotations

UNKNOWN = (800, 800)
"""Said of what can't be read: the app scales the picture into a square."""

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def size_of(content: bytes) -> tuple[int, int]:
    """Width and height in pixels of a PNG, GIF or JPEG."""
    if content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) >= 24:
        return _pair(content[16:20], content[20:24], "big")
    if content[:6] in (b"GIF87a", b"GIF89a") and len(content) >= 10:
        return _pair(content[6:8], content[8:10], "little")
    if content.startswith(b"\xff\xd8"):
        return _of_jpeg(content)
    return UNKNOWN


def _of_jpeg(content: bytes) -> tuple[int, int]:
    place = 2
    while place + 9 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        if marker in _FRAMES:
            return _pair(content[place + 7 : place + 9], content[place + 5 : place + 7], "big")
        place += 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    return UNKNOWN


def _pair(width: bytes, height: bytes, order: str) -> tuple[int, int]:
    is_big = order == "big"
    found = tuple(int.from_bytes(each, "big" if is_big else "little") for each in (width, height))
    return (found[0], found[1]) if all(found) else UNKNOWN
