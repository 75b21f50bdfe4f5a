"""A plugin that subscribes to every event: each one shows as a job of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.api import Handler, Manifest, hookimpl
from core.events import Event

manifest = Manifest(name="hearing", title="Hearing", version="1", default_enabled=True)


def hear(session: Any, event: Any) -> None:
    """Nothing to do: that the job exists is what a test looks at."""


@hookimpl
def event_handlers() -> Sequence[Handler[Any]]:
    return [Handler(event=event, run=hear) for event in Event.__subclasses__()]
