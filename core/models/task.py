"""Tasks, reply tasks among them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, Integer, String, text
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from core.models.base import (
    Base,
    TenantMixin,
    TimesMixin,
    UtcDateTime,
    choice,
    tenant_fk,
    tenant_table,
)
from core.models.channel import Channel
from core.models.contact import Contact
from core.models.conversation import Conversation
from core.models.pipeline import Card
from core.models.tenant import Membership


class TaskKind(StrEnum):
    """A reply task is opened by an inbound message and closed by an answer."""

    REPLY = "reply"
    TODO = "todo"


class Task(TenantMixin, TimesMixin, Base):
    """Something to do by a deadline. One open reply task per (contact, channel) (D10)."""

    __tablename__ = "task"
    __table_args__ = tenant_table(
        tenant_fk("contact_id", "contact"),
        tenant_fk("channel_id", "channel"),
        tenant_fk("conversation_id", "conversation", ondelete="CASCADE"),
        tenant_fk("card_id", "card"),
        tenant_fk("agent_id", "membership"),
        Index(
            "uq_task_open_reply",
            "tenant_id",
            "contact_id",
            "channel_id",
            unique=True,
            sqlite_where=text("kind = 'reply' AND done_at IS NULL"),
            postgresql_where=text("kind = 'reply' AND done_at IS NULL"),
        ),
        Index("ix_task_deadline", "tenant_id", "done_at", "deadline"),
    )

    kind: Mapped[TaskKind] = mapped_column(choice(TaskKind), default=TaskKind.TODO)
    title: Mapped[str] = mapped_column(String(200))
    deadline: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    contact_id: Mapped[int | None] = mapped_column(Integer)
    channel_id: Mapped[int | None] = mapped_column(Integer)
    conversation_id: Mapped[int | None] = mapped_column(Integer)
    card_id: Mapped[int | None] = mapped_column(Integer)
    agent_id: Mapped[int | None] = mapped_column(Integer)

    contact: Mapped[Contact | None] = relationship(
        Contact, primaryjoin=lambda: foreign(Task.contact_id) == Contact.id
    )
    channel: Mapped[Channel | None] = relationship(
        Channel, primaryjoin=lambda: foreign(Task.channel_id) == Channel.id
    )
    conversation: Mapped[Conversation | None] = relationship(
        Conversation, primaryjoin=lambda: foreign(Task.conversation_id) == Conversation.id
    )
    card: Mapped[Card | None] = relationship(
        Card, primaryjoin=lambda: foreign(Task.card_id) == Card.id
    )
    agent: Mapped[Membership | None] = relationship(
        Membership, primaryjoin=lambda: foreign(Task.agent_id) == Membership.id
    )

    def __str__(self) -> str:
        return self.title
