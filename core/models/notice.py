"""What an administrator is told: a channel stopped, a template was rejected."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base, TenantMixin, UtcDateTime, choice, now, tenant_table


class NoticeLevel(StrEnum):
    """How urgent it is."""

    BAD = "bad"
    WARNING = "warning"
    GOOD = "good"


class Notice(TenantMixin, Base):
    """One thing to know. While it is open there is one for each `key`; news replace its words.

    `href` leads to where something can be done about it. It closes when a person dismisses it, or
    by itself when what it tells is over.
    """

    __tablename__ = "notice"
    __table_args__ = tenant_table(
        Index(
            "uq_notice_open",
            "tenant_id",
            "key",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    key: Mapped[str] = mapped_column(String(120))
    level: Mapped[NoticeLevel] = mapped_column(choice(NoticeLevel), default=NoticeLevel.WARNING)
    title: Mapped[str] = mapped_column(String(160))
    text: Mapped[str] = mapped_column(String(500), default="")
    href: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def __str__(self) -> str:
        return self.title
