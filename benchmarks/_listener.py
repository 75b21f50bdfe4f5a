"""A plugin that hears of every message: each writes a job of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.api import Handler, Manifest, MessageReceived, hookimpl

manifest = Manifest(name="listener", title="Listener", version="1", default_enabled=True)


def hear(session: Any, event: MessageReceived) -> None:
    """Nothing: the job is never run here."""


@hookimpl
def event_handlers() -> Sequence[Handler[Any]]:
    return [Handler(event=MessageReceived, run=hear)]
