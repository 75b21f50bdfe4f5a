"""The file of a message, as the update names it: fetched later, by its id."""

from __future__ import annotations

from typing import Any

from core.api import Media, MessageKind, careful

Json = dict[str, Any]

FILES: tuple[tuple[str, MessageKind, str], ...] = (
    ("animation", MessageKind.VIDEO, "video/mp4"),  # bears a `document` too, so it comes first
    ("video", MessageKind.VIDEO, "video/mp4"),
    ("video_note", MessageKind.VIDEO, "video/mp4"),
    ("voice", MessageKind.AUDIO, "audio/ogg"),
    ("audio", MessageKind.AUDIO, "audio/mpeg"),
    ("sticker", MessageKind.STICKER, "image/webp"),
    ("document", MessageKind.DOCUMENT, ""),
)
"""The field, what it is to us, and its type where Telegram states none."""


def file_of(message: Json) -> Media | None:
    """The message's file; None where it has none. Raises careful.Unreadable."""
    if message.get("photo") is not None:
        return _media(_largest(careful.sequence(message, "photo")), MessageKind.IMAGE, "image/jpeg")
    for key, kind, usual in FILES:
        if message.get(key) is not None:
            file = careful.mapping(message, key)
            return _media(file, kind, _sticker_type(file) if key == "sticker" else usual)
    return None


def _media(file: Json, kind: MessageKind, usual: str) -> Media:
    return Media(
        kind=kind,
        provider_id=careful.string(file, "file_id"),
        mime_type=careful.optional_string(file, "mime_type") or usual,
        filename=careful.optional_string(file, "file_name", limit=1024)[: careful.MAX_NAME],
    )


def _largest(sizes: list[Any]) -> Json:
    """Telegram lists a photo in several sizes, the largest last; their widths say so for sure."""
    found = [size for size in sizes if isinstance(size, dict)]
    if not found:
        raise careful.Unreadable("photo names no file.")
    return max(found, key=lambda size: size["width"] if isinstance(size.get("width"), int) else 0)


def _sticker_type(sticker: Json) -> str:
    if sticker.get("is_animated") is True:
        return "application/x-tgsticker"
    return "video/webm" if sticker.get("is_video") is True else "image/webp"
