"""A process of its own that writes messages, as a command or a script does: it runs no jobs.

One for every `EACH` messages that came in, each in a transaction of its own; what is committed is
noted in a file.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from sqlalchemy import func, select

from core.boot import open_desk
from core.config import Settings
from core.models import Conversation, Direction, Message, Sender
from core.services.send import send_message
from core.tenancy.session import TenantSession
from plugins import BUILTIN

EACH = 10
WORD = "note"


def produce(tenant_id: int, journal: str) -> None:
    """Write until killed. `journal`: the numbers of those whose commit returned."""
    desk = open_desk(Settings(), BUILTIN)
    with Path(journal).open("a", encoding="ascii") as file:
        while True:
            with desk.database.tenant(tenant_id, write=False) as session:
                number, wanted = _count(session, Direction.OUT), _count(session, Direction.IN)
            if number * EACH >= wanted:
                time.sleep(0.1)
                continue
            with desk.database.tenant(tenant_id) as session:
                _write(session, number)
            file.write(f"{number}\n")
            file.flush()
            os.fsync(file.fileno())


def _count(session: TenantSession, direction: Direction) -> int:
    """Messages that came in, or notes that went out."""
    asked = select(func.count(Message.id)).where(Message.direction == direction)
    if direction is Direction.OUT:
        asked = asked.where(Message.body.startswith(WORD))
    return session.scalar(asked) or 0


def _write(session: TenantSession, number: int) -> None:
    people = session.scalars(select(Conversation.id).order_by(Conversation.id)).all()
    conversation = session.get_one(Conversation, people[number % len(people)])
    send_message(session, conversation, text=f"{WORD} {number}", sender=Sender.API)
