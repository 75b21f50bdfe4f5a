"""Quick replies: texts that a person calls up with `/` while writing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base, TenantMixin, TimesMixin, UtcDateTime, tenant_table


class QuickReply(TenantMixin, TimesMixin, Base):
    """`/thanks` becomes its text, with `{variables}` filled from the customer."""

    __tablename__ = "quick_reply"
    __table_args__ = tenant_table(UniqueConstraint("tenant_id", "shortcut"))

    shortcut: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def __str__(self) -> str:
        return f"/{self.shortcut}"
