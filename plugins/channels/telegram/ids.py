"""Telegram's numbers as our texts.

A message's number is unique within its chat only, so the chat's stands before it.
"""

from __future__ import annotations

from typing import Any

from core.api import careful

LARGEST = 2**63


def number(parent: dict[str, Any], key: str) -> int:
    """A required whole number. Raises careful.Unreadable."""
    value = parent.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not -LARGEST < value < LARGEST:
        raise careful.Unreadable(f"{key} is not a number of Telegram's.")
    return value


def message_id(chat: int, message: int) -> str:
    """What we call a message."""
    return f"{chat}:{message}"


def number_in_chat(provider_id: str) -> int | None:
    """Telegram's number of a message that we call `provider_id`; None for no id of Telegram's."""
    _chat, _colon, text = provider_id.partition(":")
    return int(text) if text.isascii() and text.isdigit() else None
