"""Message templates: approved ones of a provider, and our own."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from core.models.base import (
    Base,
    Json,
    TenantMixin,
    TimesMixin,
    UtcDateTime,
    tenant_fk,
    tenant_table,
)
from core.models.channel import Channel


class Template(TenantMixin, TimesMixin, Base):
    """A text with `{variables}`. With `provider_name`, sent as the provider's approved template.

    `variables` lists the names in the provider's order.
    """

    __tablename__ = "template"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "name"),
        tenant_fk("channel_id", "channel"),
    )

    name: Mapped[str] = mapped_column(String(80))
    body: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(12), default="en")
    variables: Mapped[list[str]] = mapped_column(Json, default=list)
    provider_name: Mapped[str] = mapped_column(String(120), default="")
    is_approved: Mapped[bool] = mapped_column(default=False)
    channel_id: Mapped[int | None] = mapped_column(Integer)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    channel: Mapped[Channel | None] = relationship(
        Channel, primaryjoin=lambda: foreign(Template.channel_id) == Channel.id
    )

    def __str__(self) -> str:
        return self.name
