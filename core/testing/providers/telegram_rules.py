"""What Telegram refuses before it takes a message, in its words."""

from __future__ import annotations

import re
from typing import Any

from core.testing.providers.telegram_bodies import Json

MIB = 1024 * 1024
MAX_TEXT = 4096
MAX_CAPTION = 1024
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")

FILE_FIELDS = {
    "sendPhoto": "photo",
    "sendVideo": "video",
    "sendAnimation": "animation",
    "sendAudio": "audio",
    "sendVoice": "voice",
    "sendDocument": "document",
    "sendSticker": "sticker",
}


class BotApiError(Exception):
    """A refusal in Telegram's form."""

    def __init__(self, status: int, description: str, *, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.status, self.description, self.retry_after = status, description, retry_after

    def document(self) -> Json:
        """The answer's body."""
        told: dict[str, Any] = {
            "ok": False,
            "error_code": self.status,
            "description": self.description,
        }
        if self.retry_after is not None:
            told["parameters"] = {"retry_after": self.retry_after}
        return told


def check_content(method: str, params: Json, content: bytes) -> None:
    """Raise BotApiError unless Telegram takes it."""
    text, caption = params.get("text"), params.get("caption", "")
    if method == "sendMessage" and not text:
        raise BotApiError(400, "Bad Request: message text is empty")
    if len(text or "") > MAX_TEXT:
        raise BotApiError(400, "Bad Request: message is too long")
    if len(caption) > MAX_CAPTION:
        raise BotApiError(400, "Bad Request: message caption is too long")
    if len(content) > (10 if method == "sendPhoto" else 50) * MIB:
        raise BotApiError(413, "Request Entity Too Large")
    if method == "sendPhoto" and content.startswith(b"thin"):
        raise BotApiError(400, "Bad Request: PHOTO_INVALID_DIMENSIONS")


def check_webhook(params: Json, *, needs_https: bool) -> None:
    """Raise BotApiError unless Telegram would deliver there."""
    url, secret = str(params.get("url", "")), params.get("secret_token")
    if needs_https and not url.startswith("https://"):
        raise BotApiError(
            400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook"
        )
    if secret is not None and not SECRET.fullmatch(str(secret)):
        raise BotApiError(400, "Bad Request: secret token contains unallowed characters")
