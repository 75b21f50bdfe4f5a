"""What came in and isn't processed yet, and what could not be."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from core.models.base import (
    Base,
    Json,
    OwnedMixin,
    TenantMixin,
    UtcDateTime,
    now,
    tenant_fk,
    tenant_table,
)
from core.models.channel import Channel


class RawInbox(OwnedMixin, Base):
    """A webhook body, stored before it is answered and deleted by what processes it.

    A system table: written by the webhook door, which knows the channel and not yet a tenant.
    """

    __tablename__ = "raw_inbox"
    __table_args__ = (
        Index("ix_raw_inbox_tenant", "tenant_id", "id"),
        {"sqlite_autoincrement": True, "info": {"system": True, "row_security": True}},
    )

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True
    )
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    channel_id: Mapped[int] = mapped_column()
    digest: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class BadInboundItem(TenantMixin, Base):
    """An item that could not be read, with its reason, for the dead-letter screen.

    The same item of the same channel is kept once, however often the provider repeats it.
    """

    __tablename__ = "bad_inbound_item"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "channel_id", "digest"),
        tenant_fk("channel_id", "channel", ondelete="CASCADE"),
    )

    channel_id: Mapped[int] = mapped_column(Integer)
    digest: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(300))
    raw: Mapped[Any] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    count: Mapped[int] = mapped_column(default=1)

    channel: Mapped[Channel] = relationship(
        Channel, primaryjoin=lambda: foreign(BadInboundItem.channel_id) == Channel.id
    )

    def __str__(self) -> str:
        return self.reason


class EarlyStatus(TenantMixin, Base):
    """A receipt that came before we knew the provider's id of its message."""

    __tablename__ = "early_status"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "channel_id", "provider_id", "state"),
        tenant_fk("channel_id", "channel", ondelete="CASCADE"),
    )

    channel_id: Mapped[int] = mapped_column(Integer)
    provider_id: Mapped[str] = mapped_column(String(190))
    state: Mapped[str] = mapped_column(String(24))
    error: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
