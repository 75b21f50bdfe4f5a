"""The audit trail: who changed what, when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base, Json, TenantMixin, UtcDateTime, now, tenant_table


class AuditEntry(TenantMixin, Base):
    """One change. `changes` is `{field: [before, after]}`; erased values are left out."""

    __tablename__ = "audit_entry"
    __table_args__ = tenant_table(
        Index("ix_audit_noun", "tenant_id", "noun", "row_id"),
    )

    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    actor: Mapped[str] = mapped_column(String(80), default="")
    action: Mapped[str] = mapped_column(String(40))
    noun: Mapped[str] = mapped_column(String(40))
    row_id: Mapped[int | None] = mapped_column()
    label: Mapped[str] = mapped_column(String(160), default="")
    changes: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
