"""Modules (pipelines) and the cards (opportunities) in them."""

from __future__ import annotations

import time
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from core.models.base import (
    Base,
    Json,
    Money,
    TenantMixin,
    TimesMixin,
    UtcDateTime,
    tenant_fk,
    tenant_table,
)
from core.models.tenant import Membership

if TYPE_CHECKING:
    from core.models.contact import Contact


class Module(TenantMixin, TimesMixin, Base):
    """A pipeline: its name and the stages that its cards pass through, in order."""

    __tablename__ = "module"
    __table_args__ = tenant_table(UniqueConstraint("tenant_id", "name"))

    name: Mapped[str] = mapped_column(String(80))
    stages: Mapped[list[str]] = mapped_column(Json, default=lambda: ["New", "Talking", "Won"])
    allows_sms: Mapped[bool] = mapped_column(default=False)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def __str__(self) -> str:
        return self.name


def newest_place() -> int:
    """A place above every card that stands there now: microseconds before 1970."""
    return -(time.time_ns() // 1000)


class Card(TenantMixin, TimesMixin, Base):
    """An opportunity with a contact. It belongs to the contact and never moves to another.

    `place` orders the cards of a stage, the smallest first, then by id. A new one gets the smallest
    of all, without anyone asking the others; `services.card_places` moves it.
    """

    __tablename__ = "card"
    __table_args__ = tenant_table(
        tenant_fk("module_id", "module"),
        tenant_fk("contact_id", "contact"),
        tenant_fk("agent_id", "membership"),
        Index("ix_card_contact", "tenant_id", "contact_id", "is_open", "updated_at"),
        Index("ix_card_board", "tenant_id", "module_id", "stage", "place", "id"),
    )

    title: Mapped[str] = mapped_column(String(160))
    module_id: Mapped[int] = mapped_column(Integer)
    contact_id: Mapped[int] = mapped_column(Integer)
    agent_id: Mapped[int | None] = mapped_column(Integer)
    stage: Mapped[str] = mapped_column(String(60), default="New")
    place: Mapped[int] = mapped_column(BigInteger, default=newest_place)
    amount: Mapped[Decimal | None] = mapped_column(Money)
    currency: Mapped[str] = mapped_column(String(3), default="IDR")
    is_open: Mapped[bool] = mapped_column(default=True)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    module: Mapped[Module] = relationship(
        Module, primaryjoin=lambda: foreign(Card.module_id) == Module.id
    )
    contact: Mapped[Contact] = relationship(
        "Contact", primaryjoin="foreign(Card.contact_id) == Contact.id"
    )
    agent: Mapped[Membership | None] = relationship(
        Membership, primaryjoin=lambda: foreign(Card.agent_id) == Membership.id
    )

    def __str__(self) -> str:
        return self.title
