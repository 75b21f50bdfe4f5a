"""Message templates: approved ones of a provider, and our own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from core.listed_templates import TemplateState
from core.models.base import (
    Base,
    Json,
    TenantMixin,
    TimesMixin,
    UtcDateTime,
    choice,
    tenant_fk,
    tenant_table,
)
from core.models.channel import Channel


class Template(TenantMixin, TimesMixin, Base):
    """A text with `{variables}`. With `provider_name`, sent as the provider's approved template.

    `variables` lists the names in the provider's order, `slots` where the provider wants each
    (none: all in the body). With `provider_id` it was fetched and follows the provider: `state`,
    `category` and `quality` are the provider's, `reason` says why it can't be sent, else "".
    """

    __tablename__ = "template"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "name"),
        UniqueConstraint("tenant_id", "channel_id", "provider_id"),
        tenant_fk("channel_id", "channel"),
    )

    name: Mapped[str] = mapped_column(String(80))
    body: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(12), default="en")
    variables: Mapped[list[str]] = mapped_column(Json, default=list)
    provider_name: Mapped[str] = mapped_column(String(120), default="")
    provider_id: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[TemplateState] = mapped_column(
        choice(TemplateState), default=TemplateState.APPROVED
    )
    reason: Mapped[str] = mapped_column(String(500), default="")
    category: Mapped[str] = mapped_column(String(20), default="")
    quality: Mapped[str] = mapped_column(String(20), default="")
    slots: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    channel_id: Mapped[int | None] = mapped_column(Integer)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    channel: Mapped[Channel | None] = relationship(
        Channel, primaryjoin=lambda: foreign(Template.channel_id) == Channel.id
    )

    @property
    def can_be_sent(self) -> bool:
        """Whether it may go out: one of ours always, a provider's while that approves of it."""
        if not self.provider_name:
            return True
        return self.state is TemplateState.APPROVED and not self.reason

    def __str__(self) -> str:
        return self.name
