"""Which contacts are one person: what was chosen for a group, and the log of how it came to be.

The core's, though merging is a plugin's: a group outlives the switch that made it, and erasing must
be able to take a contact out of one (decision 019).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from core.models.base import (
    Base,
    Json,
    OwnedMixin,
    TenantMixin,
    UtcDateTime,
    UuidMixin,
    choice,
    now,
    tenant_fk,
    tenant_table,
)
from core.models.contact import Contact, Customer


class MergeKind(StrEnum):
    """What a merge event did."""

    MERGE = "merge"
    UNMERGE = "unmerge"
    UNDO = "undo"
    MAIN_CHANNEL = "main_channel"
    PIN = "pin"


class CustomerChoice(TenantMixin, Base):
    """What stands for a customer: its main channel, and the fields that a person pinned.

    Every group has one; somebody alone needs none. `pins` is {field: contact id}. `channel_id` is
    None where nothing was chosen and nobody has written yet: the best one is found when it is
    needed (`services.main_channel`).
    """

    __tablename__ = "customer_choice"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "customer_id"),
        tenant_fk("customer_id", "customer"),
        tenant_fk("contact_id", "contact"),
        tenant_fk("channel_id", "channel"),
    )

    customer_id: Mapped[int] = mapped_column(Integer)
    contact_id: Mapped[int] = mapped_column(Integer)
    channel_id: Mapped[int | None] = mapped_column(Integer)
    pins: Mapped[dict[str, int]] = mapped_column(Json, default=dict)


class ProfileRule(TenantMixin, Base):
    """By which rule a tenant's groups choose a field of their profile. No row: the default."""

    __tablename__ = "profile_rule"
    __table_args__ = tenant_table(UniqueConstraint("tenant_id", "field"))

    field: Mapped[str] = mapped_column(String(20))
    rule: Mapped[str] = mapped_column(String(40))


class MergeEvent(TenantMixin, UuidMixin, Base):
    """One change of who belongs together. Ids only: erasing has nothing to look for in it.

    `before` and `after` are `{"contacts": {contact: customer}, "customers": {customer: {…}}}` of
    all that it touched (`services.groups.picture`). Replaying `after` in order rebuilds the
    partition. `evidence` holds codes such as `same_phone`, never a value.
    """

    __tablename__ = "customer_merge"
    __table_args__ = tenant_table(
        UniqueConstraint("uuid"),
        UniqueConstraint("tenant_id", "idempotency_key"),
        UniqueConstraint("tenant_id", "undoes_id"),
        tenant_fk("customer_id", "customer"),
        tenant_fk("undoes_id", "customer_merge"),
        Index("ix_customer_merge_customer", "tenant_id", "customer_id"),
    )

    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    actor: Mapped[str] = mapped_column(String(80), default="")
    kind: Mapped[MergeKind] = mapped_column(choice(MergeKind))
    customer_id: Mapped[int] = mapped_column(Integer)
    is_automatic: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(String(300), default="")
    evidence: Mapped[list[str]] = mapped_column(Json, default=list)
    before: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    undoes_id: Mapped[int | None] = mapped_column(Integer)
    idempotency_key: Mapped[str | None] = mapped_column(String(100))
    request: Mapped[str] = mapped_column(String(64), default="")

    customer: Mapped[Customer] = relationship(
        Customer, primaryjoin=lambda: foreign(MergeEvent.customer_id) == Customer.id
    )
    undone_by: Mapped[MergeEvent | None] = relationship(
        lambda: MergeEvent,
        primaryjoin=lambda: MergeEvent.id == foreign(MergeEvent.undoes_id),
        uselist=False,
        viewonly=True,
    )

    def __str__(self) -> str:
        return f"#{self.id}"


class MergedContact(OwnedMixin, Base):
    """A contact that a merge event touched: how its history is found."""

    __tablename__ = "customer_merge_contact"
    __table_args__ = (
        tenant_fk("event_id", "customer_merge", ondelete="CASCADE"),
        tenant_fk("contact_id", "contact"),
        Index("ix_customer_merge_contact", "tenant_id", "contact_id", "event_id"),
    )

    tenant_id: Mapped[int] = mapped_column(Integer)
    event_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    contact_id: Mapped[int] = mapped_column(Integer, primary_key=True)

    contact: Mapped[Contact] = relationship(
        Contact, primaryjoin=lambda: foreign(MergedContact.contact_id) == Contact.id, viewonly=True
    )
