"""Webhook bodies of the Messenger Platform as Meta writes them, put together piece by piece."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from typing import Any

from core.testing.providers.graph_api import Json

_counter = itertools.count(1)


def new_mid() -> str:
    """A message id of Meta's form, new each time."""
    return f"m_{time.time_ns():x}{next(_counter):04x}"


def milliseconds() -> int:
    """Now, as webhooks write it."""
    return time.time_ns() // 1_000_000


def file(kind: str, url: str, **payload: Any) -> Json:
    """An attachment: image, video, audio, file, or a share of something."""
    return {"type": kind, "payload": {"url": url, **payload}}


@dataclass(frozen=True)
class PlatformBodies:
    """Wraps events for one page (`what` "page") or account (`what` "instagram")."""

    own_id: str = "104857600000001"
    what: str = "page"

    def event(self, other: str, *, is_echo: bool = False, at: int = 0, **content: Any) -> Json:
        """An event from a person, or to one."""
        sender, recipient = (self.own_id, other) if is_echo else (other, self.own_id)
        return {
            "sender": {"id": sender},
            "recipient": {"id": recipient},
            "timestamp": at or milliseconds(),
            **content,
        }

    def text(self, other: str, text: str, *, mid: str = "", at: int = 0, **message: Any) -> Json:
        """A text that a person wrote; `reply_to`, `attachments` … as `message`."""
        return self.event(other, at=at, message={"mid": mid or new_mid(), "text": text, **message})

    def files(self, other: str, *attachments: Json, **message: Any) -> Json:
        """Files that a person sent."""
        content = {"mid": new_mid(), "attachments": list(attachments), **message}
        return self.event(other, message=content)

    def echo(self, to: str, text: str, *, mid: str = "", at: int = 0, **message: Any) -> Json:
        """A text that was written in Meta's own inbox, or by an app."""
        content = {"mid": mid or new_mid(), "text": text, "is_echo": True, **message}
        return self.event(to, is_echo=True, at=at, message=content)

    def deleted(self, other: str, mid: str) -> Json:
        """A message that was taken back."""
        return self.event(other, message={"mid": mid, "is_deleted": True})

    def postback(self, other: str, title: str, payload: str = "P", **more: Any) -> Json:
        """A button that a person pressed."""
        return self.event(other, postback={"title": title, "payload": payload, **more})

    def reaction(self, other: str, mid: str, emoji: str = "❤️", action: str = "react") -> Json:
        """An emoji put on a message, or (`unreact`) taken back."""
        about = {"mid": mid, "action": action}
        if action == "react":
            about |= {"reaction": "love", "emoji": emoji}
        return self.event(other, reaction=about)

    def delivered(self, other: str, *mids: str, watermark: int = 0) -> Json:
        """Everything up to the watermark arrived; some messages are named."""
        named = {"mids": list(mids)} if mids else {}
        return self.event(other, delivery={**named, "watermark": watermark or milliseconds()})

    def read(self, other: str, *, watermark: int = 0, mid: str = "") -> Json:
        """Everything was read: on Instagram up to a message, else up to a moment."""
        about = {"mid": mid} if mid else {"watermark": watermark or milliseconds()}
        return self.event(other, read=about)

    def body(self, *events: Json, standby: tuple[Json, ...] = ()) -> Json:
        """A whole body: one entry."""
        body = self.entries(list(events))
        if standby:
            body["entry"][0]["standby"] = list(standby)
        return body

    def entries(self, *entries: list[Json]) -> Json:
        """A whole body: an entry for each list of events."""
        now = milliseconds()
        return {
            "object": self.what,
            "entry": [{"id": self.own_id, "time": now, "messaging": events} for events in entries],
        }
