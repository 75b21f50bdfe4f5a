"""History of the WhatsApp Business app: threads in chunks, files after them, and how far it got.

Chunks come out of order. A message whose file comes later is a `media_placeholder`; the file comes
in a change of its own, `messages` instead of `history`, under the same id.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from core.api import Fact, InboundMessage, InboundStatus, Item, MessageState
from plugins.channels.whatsapp_cloud.messages import read_message
from plugins.channels.whatsapp_cloud.people import Origin
from plugins.channels.whatsapp_cloud.reading import optional_mapping

PHASES = {0: "the last day", 1: "the last 90 days", 2: "the last 180 days"}
STATES = {
    "delivered": MessageState.DELIVERED,
    "read": MessageState.READ,
    "played": MessageState.PLAYED,
}


def read_old(item: dict[str, Any], origin: Origin) -> Iterator[Item]:
    """Yield an old message; one of ours with the receipt that its phone shows."""
    found = list(read_message(item, replace(origin, is_history=True)))
    yield from found
    status = optional_mapping(item, "history_context").get("status")
    state = STATES.get(status.lower()) if isinstance(status, str) else None
    for each in found:
        if state is not None and isinstance(each, InboundMessage) and each.is_echo:
            yield InboundStatus(provider_id=each.provider_id, state=state, at=each.sent_at)


def progress_of(chunk: dict[str, Any]) -> tuple[Fact, ...]:
    """How far the import got: "The last 90 days 55%". The whole is done at 100."""
    metadata = optional_mapping(chunk, "metadata")
    progress, phase = _number(metadata.get("progress")), _number(metadata.get("phase"))
    if progress is None:
        return ()
    words = PHASES.get(phase, "history") if phase is not None else "history"
    return (Fact("history", f"{words.capitalize()} {min(progress, 100)}%"),)


def _number(value: Any) -> int | None:
    """Meta documents numbers; its partners show them as texts."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 4:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
