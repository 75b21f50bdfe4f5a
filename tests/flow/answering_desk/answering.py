"""A plugin that answers every message once, by its event's job, and ticks when it is told to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from core.api import Handler, Manifest, MessageReceived, hookimpl
from core.jobs.schedule import Periodic, periodic
from core.models import Conversation, Label, Message, Sender
from core.services.send import send_message

manifest = Manifest(
    name="answering",
    title="Answering",
    version="1",
    family="automation",
    summary="Answers every message.",
    default_enabled=True,
)


def answer(session: Any, event: MessageReceived) -> None:
    asked = session.get_one(Message, event.message_id)
    conversation = session.get_one(Conversation, event.conversation_id)
    send_message(session, conversation, text=f"re {asked.body}", sender=Sender.AUTOMATION)


@periodic("answering.tick", "0 0 1 1 *")
def tick(session: Any, payload: dict[str, Any]) -> None:
    """Leaves a label behind: how often it ran can be counted."""
    session.add(Label(name=f"tick {uuid4()}"[:40], color="blue"))


@hookimpl
def jobs() -> Sequence[Periodic]:
    return [tick]


@hookimpl
def event_handlers() -> Sequence[Handler[Any]]:
    return [Handler(event=MessageReceived, run=answer)]
