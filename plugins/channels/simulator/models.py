"""What a simulated phone holds: the people who write with it, their messages, and its moods."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from core.api import TenantMixin, UtcDateTime, now, plugin_registry, tenant_fk, tenant_table


class Base(DeclarativeBase):
    """The plugin's own base: a fault here can't break the core's mappers."""

    registry = plugin_registry("simulator")


class Phone(TenantMixin, Base):
    """How the phone of one channel behaves. `fail_next` sends fail as `fail_as` says."""

    __tablename__ = "simulator_phone"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "channel_id"),
        tenant_fk("channel_id", "channel", ondelete="CASCADE"),
    )

    channel_id: Mapped[int] = mapped_column(Integer)
    is_silent: Mapped[bool] = mapped_column(default=False)
    fail_next: Mapped[int] = mapped_column(default=0)
    fail_as: Mapped[str] = mapped_column(String(20), default="")


class Person(TenantMixin, Base):
    """A customer who writes with the phone."""

    __tablename__ = "simulator_person"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "channel_id", "number"),
        tenant_fk("channel_id", "channel", ondelete="CASCADE"),
    )

    channel_id: Mapped[int] = mapped_column(Integer)
    number: Mapped[str] = mapped_column(String(24))
    name: Mapped[str] = mapped_column(String(160), default="")


class Line(TenantMixin, Base):
    """One message on the phone. `is_ours`: Sapa sent it; else the person wrote it.

    `state` of ours: arrived, read. Of theirs: sending, sent, failed (with `reason`).
    `provider_id` is what both sides call the message.
    """

    __tablename__ = "simulator_line"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "channel_id", "provider_id"),
        tenant_fk("channel_id", "channel", ondelete="CASCADE"),
        tenant_fk("person_id", "simulator_person", ondelete="CASCADE"),
        Index("ix_simulator_line_person", "tenant_id", "person_id", "id"),
    )

    channel_id: Mapped[int] = mapped_column(Integer)
    person_id: Mapped[int] = mapped_column(Integer)
    provider_id: Mapped[str] = mapped_column(String(64))
    opaque: Mapped[str] = mapped_column(String(64), default="")
    is_ours: Mapped[bool]
    text: Mapped[str] = mapped_column(Text, default="")
    reply_to: Mapped[str] = mapped_column(String(255), default="")
    reaction: Mapped[str] = mapped_column(String(16), default="")
    mime_type: Mapped[str] = mapped_column(String(120), default="")
    file: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(300), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
