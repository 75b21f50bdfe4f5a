"""A plugin that answers every message once, by its event's job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.api import Handler, Manifest, MessageReceived, hookimpl
from core.models import Conversation, Message, Sender
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


@hookimpl
def event_handlers() -> Sequence[Handler[Any]]:
    return [Handler(event=MessageReceived, run=answer)]
