"""What GOWA refuses, in its own words and codes."""

from __future__ import annotations

LONGEST_PHONE = 15

FILE_FIELDS = {
    "image": "image",
    "video": "video",
    "audio": "audio",
    "file": "file",
    "sticker": "sticker",
}
"""The form field of the file, by the endpoint below /send."""


class GowaError(Exception):
    """A refusal; an empty code means the usual one of the status."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def not_found(identifier: str, *, is_strict: bool) -> GowaError:
    """An unknown device: 404 by the published OpenAPI, 500 by the program (v9)."""
    if is_strict:
        return GowaError(404, "NOT_FOUND", "device not found")
    return GowaError(500, "INTERNAL_SERVER_ERROR", f"device {identifier} not found")


def sanitized(phone: str) -> str:
    """The JID that GOWA makes of `phone`: long digits without a server are a group's."""
    if "@" in phone:
        return phone.removeprefix("+")
    server = "s.whatsapp.net" if len(phone) <= LONGEST_PHONE else "g.us"
    return f"{phone.removeprefix('+')}@{server}"
