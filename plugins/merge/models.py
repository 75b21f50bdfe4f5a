"""What merging remembers: pairs that are not the same person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Index, Integer, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from core.api import TenantMixin, UtcDateTime, now, plugin_registry, tenant_fk, tenant_table

Json = JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    """The plugin's own base: a fault here can't break the core's mappers."""

    registry = plugin_registry("merge")


class ForbiddenPair(TenantMixin, Base):
    """Two contacts that the machine may never merge, nor suggest. A person still may merge them.

    `contact_id` is the lower of the two ids. `source`: unmerge, undo or not_same. `evidence` is
    what spoke for a merge then, as codes such as `same_phone`; never a value. A revoked pair may be
    suggested again.
    """

    __tablename__ = "merge_forbidden"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "contact_id", "other_id"),
        tenant_fk("contact_id", "contact", ondelete="CASCADE"),
        tenant_fk("other_id", "contact", ondelete="CASCADE"),
        Index("ix_merge_forbidden_other", "tenant_id", "other_id"),
    )

    contact_id: Mapped[int] = mapped_column(Integer)
    other_id: Mapped[int] = mapped_column(Integer)
    source: Mapped[str] = mapped_column(String(20))
    evidence: Mapped[list[str]] = mapped_column(Json, default=list)
    actor: Mapped[str] = mapped_column(String(80), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
