"""Smart replies, what each conversation has come to, and every message that one was asked about."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from core.api import (
    Channel,
    Contact,
    Conversation,
    Json,
    Message,
    TenantMixin,
    TimesMixin,
    UtcDateTime,
    choice,
    now,
    tenant_fk,
    tenant_table,
)
from plugins.automation.models import Base

STEP = {
    "key": "1",
    "name": "Harga",
    "when": "words",
    "words": "harga",
    "text": "Halo",
    "options": [],
    "then": "",
    "division": "",
}
"""What one step of the bot that ships looks like."""


class SmartReply(TenantMixin, TimesMixin, Base):
    """A bot that answers on some devices.

    `bot` names one of the hook `bots`, `settings` is what it checked. `hours`: a `mode` (always,
    within, outside), for the last two with `days`, `from` and `to`. After a person it is silent
    for `rest_hours`; 0: until the conversation is closed.
    """

    __tablename__ = "automation_smart_reply"
    __table_args__ = tenant_table()

    name: Mapped[str] = mapped_column(String(120))
    bot: Mapped[str] = mapped_column(String(60), info={"example": "steps"})
    settings: Mapped[dict[str, Any]] = mapped_column(
        Json, default=dict, info={"example": {"steps": [STEP]}}
    )
    hours: Mapped[dict[str, Any]] = mapped_column(
        Json, default=dict, info={"example": {"mode": "always"}}
    )
    rest_hours: Mapped[int] = mapped_column(default=12)
    is_on: Mapped[bool] = mapped_column(default=True)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    places: Mapped[list[Place]] = relationship(
        lambda: Place,
        primaryjoin=lambda: foreign(Place.smart_reply_id) == SmartReply.id,
        cascade="all, delete-orphan",
        order_by=lambda: Place.channel_id,
    )

    def __str__(self) -> str:
        return self.name


class Place(TenantMixin, Base):
    """A device that a smart reply answers on; a device has one."""

    __tablename__ = "automation_smart_reply_place"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "channel_id"),
        tenant_fk("smart_reply_id", "automation_smart_reply", ondelete="CASCADE"),
        tenant_fk("channel_id", "channel", ondelete="CASCADE"),
    )

    smart_reply_id: Mapped[int] = mapped_column(Integer)
    channel_id: Mapped[int] = mapped_column(Integer)

    channel: Mapped[Channel] = relationship(
        Channel, primaryjoin=lambda: foreign(Place.channel_id) == Channel.id, viewonly=True
    )


class Talk(TenantMixin, Base):
    """What a conversation has come to with its bot since `since`, when it began or began anew.

    `memory` is the bot's own, `answers` how often it spoke. `left_at`: since when it keeps out of
    it, for `left_why`.
    """

    __tablename__ = "automation_bot_talk"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "conversation_id"),
        tenant_fk("conversation_id", "conversation", ondelete="CASCADE"),
    )

    conversation_id: Mapped[int] = mapped_column(Integer)
    memory: Mapped[dict[str, Any]] = mapped_column(Json, default=dict, info={"example": {}})
    since: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    answers: Mapped[int] = mapped_column(default=0)
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    left_why: Mapped[str] = mapped_column(String(300), default="")


class HeardState(StrEnum):
    """Only a waiting one has anything left to do."""

    WAITING = "waiting"
    ANSWERED = "answered"
    SILENT = "silent"
    FAILED = "failed"


class Heard(TenantMixin, Base):
    """A customer's message that a smart reply was asked about: one row, so at most one answer.

    `code` and `reason` say why it ended as it did. `answer_id`: the message that it sent. No
    foreign keys to messages: one that goes leaves the claim.
    """

    __tablename__ = "automation_bot_heard"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "message_id"),
        tenant_fk("smart_reply_id", "automation_smart_reply", ondelete="CASCADE"),
        tenant_fk("conversation_id", "conversation", ondelete="CASCADE"),
        tenant_fk("contact_id", "contact", ondelete="CASCADE"),
        Index("ix_automation_bot_heard_talk", "tenant_id", "conversation_id", "id"),
        Index("ix_automation_bot_heard_reply", "tenant_id", "smart_reply_id", "id"),
        Index("ix_automation_bot_heard_contact", "tenant_id", "contact_id"),
    )

    smart_reply_id: Mapped[int] = mapped_column(Integer)
    conversation_id: Mapped[int] = mapped_column(Integer)
    contact_id: Mapped[int] = mapped_column(Integer)
    message_id: Mapped[int] = mapped_column(Integer)
    answer_id: Mapped[int | None] = mapped_column(Integer)
    state: Mapped[HeardState] = mapped_column(choice(HeardState), default=HeardState.WAITING)
    code: Mapped[str] = mapped_column(String(40), default="")
    reason: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    smart_reply: Mapped[SmartReply] = relationship(
        SmartReply, primaryjoin=lambda: foreign(Heard.smart_reply_id) == SmartReply.id
    )
    conversation: Mapped[Conversation] = relationship(
        Conversation, primaryjoin=lambda: foreign(Heard.conversation_id) == Conversation.id
    )
    contact: Mapped[Contact] = relationship(
        Contact, primaryjoin=lambda: foreign(Heard.contact_id) == Contact.id
    )
    message: Mapped[Message | None] = relationship(
        Message, primaryjoin=lambda: foreign(Heard.message_id) == Message.id, viewonly=True
    )
    answer: Mapped[Message | None] = relationship(
        Message, primaryjoin=lambda: foreign(Heard.answer_id) == Message.id, viewonly=True
    )


MODELS = (SmartReply, Place, Talk, Heard)
