"""Who was called by name in a note."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base, TenantMixin, UtcDateTime, now, tenant_fk, tenant_table


class Mention(TenantMixin, Base):
    """A note names a member; `seen_at` is when they opened the conversation after it."""

    __tablename__ = "mention"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "message_id", "member_id"),
        tenant_fk("message_id", "message", ondelete="CASCADE"),
        tenant_fk("conversation_id", "conversation", ondelete="CASCADE"),
        tenant_fk("member_id", "membership", ondelete="CASCADE"),
        Index("ix_mention_member", "tenant_id", "member_id", "conversation_id"),
        Index(
            "ix_mention_unseen",
            "tenant_id",
            "member_id",
            sqlite_where=text("seen_at IS NULL"),
            postgresql_where=text("seen_at IS NULL"),
        ),
    )

    message_id: Mapped[int] = mapped_column(Integer)
    conversation_id: Mapped[int] = mapped_column(Integer)
    member_id: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
