"""What the Messenger Platform refuses before it accepts a message, with Meta's codes."""

from __future__ import annotations

from collections.abc import Collection

from core.testing.providers.graph_api import GraphError, Json

TYPES = ("RESPONSE", "UPDATE", "MESSAGE_TAG")


def check_occasion(payload: Json, *, is_open: bool) -> None:
    """Raise GraphError unless the message says rightly why it is sent."""
    kind, tag = payload.get("messaging_type", "RESPONSE"), payload.get("tag")
    if kind not in TYPES or (kind == "MESSAGE_TAG") != (tag is not None):
        raise GraphError(100, "Invalid messaging_type or tag")
    if not is_open and tag != "HUMAN_AGENT":
        raise GraphError(10, "This message is sent outside of allowed window.", 403, "", 2018278)


def check_text(message: Json, what: str) -> None:
    """Raise GraphError unless the text is one that Meta takes."""
    text = message.get("text")
    if not isinstance(text, str) or not text:
        raise GraphError(100, "Message cannot be empty, must provide valid attachment or text")
    is_long = len(text.encode()) > 1000 if what == "instagram" else len(text) > 2000
    if is_long:
        raise GraphError(100, "Length of param message[text] is too long")
    if not isinstance(message.get("metadata", ""), str) or len(message.get("metadata", "")) > 1000:
        raise GraphError(100, "metadata is too long")


def check_file(message: Json, uploads: Collection[str]) -> None:
    """Raise GraphError unless the attachment is one that was uploaded. It takes no text beside."""
    payload = (message.get("attachment") or {}).get("payload") or {}
    if message.get("text"):
        raise GraphError(100, "Cannot send both text and attachment")
    if payload.get("attachment_id") not in uploads:
        raise GraphError(100, "Invalid attachment_id", subcode=2018048)
