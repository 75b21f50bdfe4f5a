"""A broadcast, and what becomes of it for each person."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from core.api import (
    Contact,
    Json,
    Message,
    Template,
    TenantMixin,
    TimesMixin,
    UtcDateTime,
    choice,
    tenant_fk,
    tenant_table,
)
from plugins.automation.models import Base


class BroadcastState(StrEnum):
    """listing → ready → sending ⇄ paused → done; cancelled from anywhere before done."""

    LISTING = "listing"
    READY = "ready"
    SENDING = "sending"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"


class RecipientState(StrEnum):
    """`listed` is a name from a file that nobody has looked at yet; `queued` has its message."""

    LISTED = "listed"
    WAITING = "waiting"
    QUEUED = "queued"
    LEFT_OUT = "left_out"
    FAILED = "failed"


class LeftOut(StrEnum):
    """Why somebody in the audience is not written to."""

    OPTED_OUT = "opted_out"
    NO_WAY = "no_way"
    OUTSIDE_WINDOW = "outside_window"
    SAME_ADDRESS = "same_address"
    REFUSED = "refused"


class Broadcast(TenantMixin, TimesMixin, Base):
    """What is said, to whom, how fast, and how far it is.

    `audience` is `{"kind": "everybody" | "filter" | "file", …}`; its `name` is the saved filter's
    or the file's. `cursor` is the last customer (of a file: the last row) that was looked at, so
    that listing goes on where it stopped.
    `turn` grows with each start: a job of an earlier one ends. `contacts` counts the contacts of
    the audience, which are more than its people where some are merged.
    """

    __tablename__ = "automation_broadcast"
    __table_args__ = tenant_table(
        tenant_fk("template_id", "template"),
        Index("ix_automation_broadcast_state", "tenant_id", "state"),
    )

    name: Mapped[str] = mapped_column(String(120))
    audience: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    template_id: Mapped[int | None] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text, default="")
    channel_ids: Mapped[list[int]] = mapped_column(Json, default=list)
    per_minute: Mapped[int] = mapped_column(default=600)
    state: Mapped[BroadcastState] = mapped_column(
        choice(BroadcastState), default=BroadcastState.LISTING
    )
    reason: Mapped[str] = mapped_column(String(300), default="")
    cursor: Mapped[int] = mapped_column(default=0)
    turn: Mapped[int] = mapped_column(default=1)
    contacts: Mapped[int] = mapped_column(default=0)
    unknown: Mapped[int] = mapped_column(default=0)
    created_by: Mapped[str] = mapped_column(String(160), default="")
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    template: Mapped[Template | None] = relationship(
        Template, primaryjoin=lambda: foreign(Broadcast.template_id) == Template.id
    )

    def __str__(self) -> str:
        return self.name


class SavedAudience(TenantMixin, TimesMixin, Base):
    """A filter that people use again, by its name. A broadcast keeps what it was, not which."""

    __tablename__ = "automation_audience"
    __table_args__ = tenant_table(UniqueConstraint("tenant_id", "name"))

    name: Mapped[str] = mapped_column(String(80))
    audience: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)

    def __str__(self) -> str:
        return self.name


class Recipient(TenantMixin, Base):
    """One person of a broadcast. Unique by customer and by address: once each (E9, E12)."""

    __tablename__ = "automation_recipient"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "broadcast_id", "customer_id"),
        UniqueConstraint("tenant_id", "broadcast_id", "address"),
        tenant_fk("broadcast_id", "automation_broadcast", ondelete="CASCADE"),
        tenant_fk("customer_id", "customer", ondelete="CASCADE"),
        tenant_fk("contact_id", "contact", ondelete="CASCADE"),
        Index("ix_automation_recipient_state", "tenant_id", "broadcast_id", "state", "id"),
        Index("ix_automation_recipient_channel", "tenant_id", "channel_id", "queued_at"),
        Index("ix_automation_recipient_contact", "tenant_id", "contact_id"),
    )

    broadcast_id: Mapped[int] = mapped_column(Integer)
    customer_id: Mapped[int] = mapped_column(Integer)
    contact_id: Mapped[int | None] = mapped_column(Integer)
    channel_id: Mapped[int | None] = mapped_column(Integer)
    identity_id: Mapped[int | None] = mapped_column(Integer)
    address: Mapped[str | None] = mapped_column(String(300))
    state: Mapped[RecipientState] = mapped_column(
        choice(RecipientState), default=RecipientState.WAITING
    )
    left_out: Mapped[LeftOut | None] = mapped_column(choice(LeftOut))
    reason: Mapped[str] = mapped_column(String(300), default="")
    message_id: Mapped[int | None] = mapped_column(Integer)
    attempts: Mapped[int] = mapped_column(default=0)
    queued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    contact: Mapped[Contact | None] = relationship(
        Contact, primaryjoin=lambda: foreign(Recipient.contact_id) == Contact.id
    )
    message: Mapped[Message | None] = relationship(
        Message, primaryjoin=lambda: foreign(Recipient.message_id) == Message.id, viewonly=True
    )

    def __str__(self) -> str:
        return f"#{self.customer_id}"


MODELS: tuple[type[Any], ...] = (Broadcast, SavedAudience, Recipient)
