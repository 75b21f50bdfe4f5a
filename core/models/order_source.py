"""Shops that tell us of their orders, and what each delivery of theirs came to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from core.models.base import (
    Base,
    Json,
    TenantMixin,
    TimesMixin,
    UtcDateTime,
    UuidMixin,
    now,
    tenant_fk,
    tenant_table,
)


class OrderSource(TenantMixin, UuidMixin, TimesMixin, Base):
    """A shop that posts signed events to `/webhooks/orders/<uuid>`. `sealed` is its secret."""

    __tablename__ = "order_source"
    __table_args__ = tenant_table(UniqueConstraint("uuid"), UniqueConstraint("tenant_id", "name"))

    name: Mapped[str] = mapped_column(String(80))
    currency: Mapped[str] = mapped_column(String(3), default="IDR")
    sealed: Mapped[str] = mapped_column(Text, default="")
    last_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def key(self) -> str:
        """What an order of this shop has as its `source`; a new name changes nothing there."""
        return f"shop-{self.id}"

    def __str__(self) -> str:
        return self.name


class OrderDelivery(TenantMixin, Base):
    """One event of a shop, under its idempotency key, with the answer it got.

    The same key again gets the same answer. A refused one is looked at again: what it lacked may
    be there by then.
    """

    __tablename__ = "order_delivery"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "source_id", "key"),
        tenant_fk("source_id", "order_source", ondelete="CASCADE"),
        Index("ix_order_delivery_at", "tenant_id", "at"),
    )

    source_id: Mapped[int] = mapped_column(Integer)
    key: Mapped[str] = mapped_column(String(190))
    event: Mapped[str] = mapped_column(String(40), default="")
    event_id: Mapped[str] = mapped_column(String(190), default="")
    digest: Mapped[str] = mapped_column(String(64))
    is_applied: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(String(300), default="")
    answer: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    count: Mapped[int] = mapped_column(default=1)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    source: Mapped[OrderSource] = relationship(
        OrderSource, primaryjoin=lambda: foreign(OrderDelivery.source_id) == OrderSource.id
    )

    def __str__(self) -> str:
        return self.key
