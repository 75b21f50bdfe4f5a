"""What a sync remembers: devices, runs, what a device last said, what waits, what was done."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, foreign, mapped_column, relationship

from core.api import (
    Channel,
    Contact,
    Json,
    TenantMixin,
    UtcDateTime,
    choice,
    now,
    plugin_registry,
    tenant_fk,
    tenant_table,
)


class Base(DeclarativeBase):
    """The plugin's own base: a fault here can't break the core's mappers."""

    registry = plugin_registry("sync")


class Leaving(StrEnum):
    """How a list is being removed: with its contacts staying, or with those that nobody used."""

    KEEP = "keep"
    REMOVE = "remove"


class Device(TenantMixin, Base):
    """Where contacts come from: a channel, or (`file_name`) files that a person uploads.

    `next_at`: when an automatic one is read again; None where something must happen first, which
    `stopped` tells a person. `failures` in a row make the pause longer. A list that `leaves` is
    being removed.
    """

    __tablename__ = "sync_device"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "channel_id"),
        UniqueConstraint("tenant_id", "file_name"),
        tenant_fk("channel_id", "channel", ondelete="CASCADE"),
        Index("ix_sync_device_next", "tenant_id", "next_at"),
    )

    channel_id: Mapped[int | None] = mapped_column(Integer)
    file_name: Mapped[str | None] = mapped_column(String(120))
    is_automatic: Mapped[bool] = mapped_column(default=False)
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failures: Mapped[int] = mapped_column(default=0)
    stopped: Mapped[str] = mapped_column(String(500), default="")
    leaves: Mapped[Leaving | None] = mapped_column(choice(Leaving))

    channel: Mapped[Channel | None] = relationship(
        Channel, primaryjoin=lambda: foreign(Device.channel_id) == Channel.id, viewonly=True
    )

    def __str__(self) -> str:
        return str(self.channel or self.file_name or f"#{self.id}")


class RunKind(StrEnum):
    """Who asked: a person, the clock, the device itself, a file."""

    MANUAL = "manual"
    AUTOMATIC = "automatic"
    PUSH = "push"
    FILE = "file"


class RunState(StrEnum):
    """How far a run is. A `planned` one is a preview that waits for a person."""

    LISTING = "listing"
    APPLYING = "applying"
    PLANNED = "planned"
    DONE = "done"
    FAILED = "failed"
    DISCARDED = "discarded"
    UNDOING = "undoing"
    UNDONE = "undone"


class Run(TenantMixin, Base):
    """One synchronisation and its report.

    `active_device_id` is the device while the run works, then None: its unique index lets no two
    runs of a device overlap. `total` rows are to be worked on, `done` of them are. Of a large one
    the search knows whom it added up to the change `indexed_to`.
    """

    __tablename__ = "sync_run"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "active_device_id"),
        tenant_fk("device_id", "sync_device", ondelete="CASCADE"),
        Index("ix_sync_run_device", "tenant_id", "device_id", "id"),
    )

    device_id: Mapped[int] = mapped_column(Integer)
    active_device_id: Mapped[int | None] = mapped_column(Integer)
    kind: Mapped[RunKind] = mapped_column(choice(RunKind))
    state: Mapped[RunState] = mapped_column(choice(RunState), default=RunState.LISTING)
    is_preview: Mapped[bool] = mapped_column(default=False)
    asked_by: Mapped[str] = mapped_column(String(80), default="")
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(500), default="")
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    indexed_to: Mapped[int] = mapped_column(default=0)
    listed: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    gone: Mapped[int] = mapped_column(default=0)
    removed: Mapped[int] = mapped_column(default=0)
    restored: Mapped[int] = mapped_column(default=0)
    kept: Mapped[int] = mapped_column(default=0)

    device: Mapped[Device] = relationship(
        Device, primaryjoin=lambda: foreign(Run.device_id) == Device.id, viewonly=True
    )

    @property
    def is_active(self) -> bool:
        """Whether it works now."""
        return self.active_device_id is not None

    @property
    def unchanged(self) -> int:
        """Listed entries that were neither refused nor did anything."""
        return max(0, self.listed - self.added - self.changed - self.refused)

    @property
    def percent(self) -> int:
        """How much of the work is done."""
        return min(100, 100 * self.done // self.total) if self.total else 0


class Entry(TenantMixin, Base):
    """What a device last said of one person, as a hash; refused ones as they came.

    `key` is a hash of the device's own name for the entry, `digest` one of all it says.
    """

    __tablename__ = "sync_entry"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "device_id", "key"),
        tenant_fk("device_id", "sync_device", ondelete="CASCADE"),
        tenant_fk("contact_id", "contact", ondelete="CASCADE"),
        Index("ix_sync_entry_contact", "tenant_id", "contact_id"),
        Index("ix_sync_entry_refusal", "tenant_id", "device_id", "refusal", "id"),
    )

    device_id: Mapped[int] = mapped_column(Integer)
    run_id: Mapped[int] = mapped_column(Integer)
    key: Mapped[str] = mapped_column(String(32))
    digest: Mapped[str] = mapped_column(String(32))
    contact_id: Mapped[int | None] = mapped_column(Integer)
    refusal: Mapped[str] = mapped_column(String(24), default="")
    raw: Mapped[str] = mapped_column(String(300), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    is_gone: Mapped[bool] = mapped_column(default=False)


class Staged(TenantMixin, Base):
    """A row that a device has changed and that waits to be worked on, by position.

    Without a run it was pushed by a device that is synchronised by hand. A preview writes its
    `outcome` and `refusal`.
    """

    __tablename__ = "sync_staged"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "device_id", "key"),
        tenant_fk("device_id", "sync_device", ondelete="CASCADE"),
        Index("ix_sync_staged_run", "tenant_id", "run_id", "outcome", "position"),
    )

    device_id: Mapped[int] = mapped_column(Integer)
    run_id: Mapped[int | None] = mapped_column(Integer)
    position: Mapped[int] = mapped_column(default=0)
    key: Mapped[str] = mapped_column(String(32))
    digest: Mapped[str] = mapped_column(String(32))
    said: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    is_removal: Mapped[bool] = mapped_column(default=False)
    outcome: Mapped[str] = mapped_column(String(12), default="")
    refusal: Mapped[str] = mapped_column(String(24), default="")
    address: Mapped[str] = mapped_column(String(254), default="")


class Change(TenantMixin, Base):
    """What a run did to one contact: added it (no `fields`), or wrote fields of it.

    `fields` is a list of [field, before, after, source before, source after]. After an undo `fate`
    is `restored` or `kept`, and `why` a word for the latter.
    """

    __tablename__ = "sync_change"
    __table_args__ = tenant_table(
        tenant_fk("run_id", "sync_run", ondelete="CASCADE"),
        tenant_fk("contact_id", "contact", ondelete="CASCADE"),
        Index("ix_sync_change_run", "tenant_id", "run_id", "fate", "id"),
        Index("ix_sync_change_contact", "tenant_id", "contact_id"),
    )

    run_id: Mapped[int] = mapped_column(Integer)
    contact_id: Mapped[int] = mapped_column(Integer)
    is_added: Mapped[bool] = mapped_column(default=False)
    fields: Mapped[list[Any]] = mapped_column(Json, default=list)
    fate: Mapped[str] = mapped_column(String(12), default="")
    why: Mapped[str] = mapped_column(String(24), default="")

    contact: Mapped[Contact] = relationship(
        Contact, primaryjoin=lambda: foreign(Change.contact_id) == Contact.id, viewonly=True
    )


class Upload(TenantMixin, Base):
    """A file that waits to be read: its bytes, and which column means what."""

    __tablename__ = "sync_upload"
    __table_args__ = tenant_table(
        tenant_fk("device_id", "sync_device", ondelete="CASCADE"),
        Index("ix_sync_upload_device", "tenant_id", "device_id"),
    )

    device_id: Mapped[int] = mapped_column(Integer)
    run_id: Mapped[int | None] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(160))
    format: Mapped[str] = mapped_column(String(8))
    columns: Mapped[list[str]] = mapped_column(Json, default=list)
    has_header: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)

    device: Mapped[Device] = relationship(
        Device, primaryjoin=lambda: foreign(Upload.device_id) == Device.id, viewonly=True
    )


MODELS = (Device, Run, Entry, Staged, Change, Upload)
