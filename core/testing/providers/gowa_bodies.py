"""Webhook bodies as GOWA writes them, put together piece by piece.

Source: its docs/webhook-payload.md.
"""

from __future__ import annotations

import itertools
import secrets
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]

_counter = itertools.count(1)


def new_id() -> str:
    """A message id of WhatsApp Web's form, new each time."""
    return f"3EB0{secrets.token_hex(5).upper()}{next(_counter):06X}"


def moment() -> str:
    """Now, as GOWA writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def jid(number: str) -> str:
    """The JID of a number; what is a JID already stays."""
    return number if "@" in number else f"{number.removeprefix('+')}@s.whatsapp.net"


def payload(chat: str, *, own: str = "", **content: Any) -> Json:
    """The payload of a message. `own`: typed on the phone of this number, an echo."""
    sender = own or chat
    return {
        "id": new_id(),
        "chat_id": jid(chat),
        "from": jid(sender),
        "from_name": f"Person {sender[-4:]}",
        "timestamp": moment(),
        "is_from_me": bool(own),
        **content,
    }


def text(chat: str, body: str, **more: Any) -> Json:
    """A text message."""
    return payload(chat, body=body, **more)


def reaction(chat: str, emoji: str, target: str, **more: Any) -> Json:
    """The payload of `message.reaction`; an empty emoji takes it back."""
    return payload(chat, reaction=emoji, reacted_message_id=target, **more)


def edited(chat: str, target: str, body: str, **more: Any) -> Json:
    """The payload of `message.edited`."""
    return payload(chat, original_message_id=target, body=body, **more)


def revoked(chat: str, target: str, **more: Any) -> Json:
    """The payload of `message.revoked`."""
    return payload(chat, revoked_message_id=target, revoked_from_me=False, **more)


def ack(chat: str, kind: str, *ids: str) -> Json:
    """The payload of `message.ack`; its time stands on the event."""
    return {
        "ids": list(ids),
        "chat_id": jid(chat),
        "from": jid(chat),
        "receipt_type": kind,
        "receipt_type_description": "",
    }


def event(name: str, content: Any, own: str, session: str = "") -> Json:
    """A whole body."""
    named = {"session_id": session} if session else {}
    timed = {"timestamp": moment()} if name == "message.ack" else {}
    return {"event": name, "device_id": jid(own), **named, **timed, "payload": content}
