"""The phones at a GOWA gateway: their slots, their pairing attempts, and their troubles."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from core.testing.providers.delivery import Courier

Json = dict[str, Any]

CODE_SECONDS = (60.0, 20.0, 20.0, 20.0, 20.0, 20.0)
"""How long WhatsApp honours each code of an attempt."""

BANS = {
    101: "you sent too many messages to people who don't have you in their address books",
    102: "too many people blocked you",
    103: "you created too many groups with people who don't have you in their address books",
    104: "you sent the same message to too many people",
    106: "you sent too many messages to a broadcast list",
}


def ban_words(code: int, lasts: str = "") -> str:
    """whatsmeow's words for a temporary ban; `lasts` is a Go duration like `1h30m0s`."""
    until = f". The ban expires in {lasts}" if lasts else ""
    return f"You've been temporarily banned: {code}: {BANS[code]}{until}"


@dataclass
class Attempt:
    """One login: six codes in turn. Only the first one's picture can be had over HTTP."""

    began: float
    codes: tuple[str, ...]
    seconds: tuple[float, ...]
    typed: str = ""

    def current(self, now: float) -> str:
        """The code that WhatsApp honours now; "" once all have run out."""
        left = now - self.began
        for code, lasts in zip(self.codes, self.seconds, strict=True):
            if left < lasts:
                return code
            left -= lasts
        return ""

    def is_open(self, now: float) -> bool:
        return now - self.began < sum(self.seconds)


@dataclass
class Device:
    """A slot. `trouble` is what the gateway answers where it would have to connect."""

    id: str
    created_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat())
    number: str = ""
    is_connected: bool = False
    webhook_url: str = ""
    webhook_secret: str = ""
    webhook_events: str = ""
    trouble: str = ""
    attempt: Attempt | None = None
    courier: Courier | None = None

    @property
    def jid(self) -> str:
        return f"{self.number}@s.whatsapp.net" if self.number else ""

    @property
    def is_logged_in(self) -> bool:
        return bool(self.number) and self.is_connected

    def begin(self, now: float, seconds: tuple[float, ...], typed: str = "") -> Attempt:
        """A fresh attempt; the codes of an earlier one are void from now on."""
        codes = tuple(f"2@{secrets.token_urlsafe(64)},{i}" for i in range(len(seconds)))
        self.attempt = Attempt(now, codes, seconds, typed)
        self.is_connected = True
        return self.attempt

    def pair(self, number: str) -> None:
        """The phone of this number has scanned, or typed, the right code."""
        self.number, self.is_connected = number.removeprefix("+"), True
        self.attempt = None

    def wants(self, event: str) -> bool:
        return not self.webhook_events or event in self.webhook_events.split(",")

    def document(self) -> Json:
        """As `/devices` lists it."""
        state = "logged_in" if self.is_logged_in else "disconnected"
        if self.is_connected and not self.is_logged_in:
            state = "connected"
        return {
            "id": self.id,
            "phone_number": self.number,
            "display_name": "Toko Melati" if self.number else "",
            "state": state,
            "jid": self.jid,
            "created_at": self.created_at,
        }

    def webhook(self) -> Json:
        """As `/devices/{id}/webhook` tells it."""
        return {
            "device_id": self.id,
            "webhook_url": self.webhook_url,
            "webhook_secret": self.webhook_secret,
            "webhook_events": self.webhook_events,
            "webhook_insecure_skip_verify": False,
        }


Clock = Callable[[], float]
