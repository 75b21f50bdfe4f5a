"""Updates as Telegram writes them, put together piece by piece.

Source: core.telegram.org/bots/api.
"""

from __future__ import annotations

import itertools
import time
from typing import Any

Json = dict[str, Any]

_updates = itertools.count(100_000_001)
_messages = itertools.count(1)


def update(kind: str, content: Any) -> Json:
    """An update: its number, and one field."""
    return {"update_id": next(_updates), kind: content}


def person(number: int, name: str = "", **more: Any) -> Json:
    """A user."""
    return {"id": number, "is_bot": False, "first_name": name or f"Person {number}", **more}


def private(number: int, name: str = "") -> Json:
    """The private chat with a user: it has the user's number."""
    return {"id": number, "type": "private", "first_name": name or f"Person {number}"}


def message(sender: int, name: str = "", **content: Any) -> Json:
    """A message of a private chat; `message_id`, `date` and the rest can be given."""
    return {
        "message_id": next(_messages),
        "from": person(sender, name),
        "chat": private(sender, name),
        "date": int(time.time()),
        **content,
    }


def text(sender: int, words: str, **more: Any) -> Json:
    """A text."""
    return message(sender, text=words, **more)


def edited(original: Json, words: str) -> Json:
    """The message with another text."""
    return {**original, "text": words, "edit_date": int(time.time())}


def in_group(sender: int, words: str, kind: str = "supergroup") -> Json:
    """A text in a group (or channel)."""
    chat = {"id": -1001234567890, "type": kind, "title": "Keluarga"}
    return text(sender, words, chat=chat)


def photo(file_id: str, size: int = 0) -> list[Json]:
    """The sizes of a photo; the whole one is the last."""
    whole = {"file_id": file_id, "file_unique_id": f"u{file_id}", "width": 1280, "height": 960}
    small = {"file_id": f"{file_id}-s", "file_unique_id": "s", "width": 90, "height": 67}
    return [small, {**whole, "file_size": size}]


def file(file_id: str, **more: Any) -> Json:
    """A document, a voice note, a sticker …: what they have in common."""
    return {"file_id": file_id, "file_unique_id": f"u{file_id}", **more}


def shared_contact(sender: int, number: str, owner: int | None = None) -> Json:
    """A contact that the sender shared: their own with `owner=sender`."""
    card: Json = {"phone_number": number, "first_name": "Ani"}
    return message(sender, contact=card if owner is None else {**card, "user_id": owner})


def reaction(sender: int, message_number: int, *emojis: str) -> Json:
    """The reactions of a person on one message, as they are now."""
    return {
        "chat": private(sender),
        "message_id": message_number,
        "user": person(sender),
        "date": int(time.time()),
        "old_reaction": [],
        "new_reaction": [{"type": "emoji", "emoji": emoji} for emoji in emojis],
    }


def standing(sender: int, before: str, after: str) -> Json:
    """The bot's own standing in a private chat: `kicked` when it was blocked, else `member`."""
    bot = {"id": 123456789, "is_bot": True, "first_name": "Sapa", "username": "sapa_bot"}
    chat_member = {"user": bot, "until_date": 0}
    return {
        "chat": private(sender),
        "from": person(sender),
        "date": int(time.time()),
        "old_chat_member": {**chat_member, "status": before},
        "new_chat_member": {**chat_member, "status": after},
    }
