"""Divisions, and who was given a conversation when."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from core.models.base import (
    Base,
    Json,
    TenantMixin,
    TimesMixin,
    UtcDateTime,
    now,
    tenant_fk,
    tenant_table,
)
from core.models.tenant import Membership

if TYPE_CHECKING:
    from core.models.conversation import Conversation


class Division(TenantMixin, TimesMixin, Base):
    """A group of agents that conversations are handed to. `rules` is routing's to read."""

    __tablename__ = "division"
    __table_args__ = tenant_table(UniqueConstraint("tenant_id", "name"))

    name: Mapped[str] = mapped_column(String(80))
    rules: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def __str__(self) -> str:
        return self.name


class DivisionMember(TenantMixin, Base):
    """An agent in a division."""

    __tablename__ = "division_member"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "division_id", "member_id"),
        tenant_fk("division_id", "division", ondelete="CASCADE"),
        tenant_fk("member_id", "membership", ondelete="CASCADE"),
    )

    division_id: Mapped[int] = mapped_column(Integer)
    member_id: Mapped[int] = mapped_column(Integer)


class Allocation(TenantMixin, Base):
    """An agent works on a channel: they see its conversations and may be given them.

    `capacity`: how many of that channel's at once; None: as many as the agent takes in all.
    """

    __tablename__ = "allocation"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "member_id", "channel_id"),
        tenant_fk("member_id", "membership", ondelete="CASCADE"),
        tenant_fk("channel_id", "channel", ondelete="CASCADE"),
        Index("ix_allocation_channel", "tenant_id", "channel_id"),
    )

    member_id: Mapped[int] = mapped_column(Integer)
    channel_id: Mapped[int] = mapped_column(Integer)
    capacity: Mapped[int | None] = mapped_column(Integer)


class Assignment(TenantMixin, Base):
    """One turn of one agent on one conversation; append-only. `reason` is one sentence."""

    __tablename__ = "assignment"
    __table_args__ = tenant_table(
        tenant_fk("conversation_id", "conversation", ondelete="CASCADE"),
        tenant_fk("agent_id", "membership"),
        tenant_fk("division_id", "division"),
        Index("ix_assignment_conversation", "tenant_id", "conversation_id", "id"),
    )

    conversation_id: Mapped[int] = mapped_column(Integer)
    agent_id: Mapped[int | None] = mapped_column(Integer)
    division_id: Mapped[int | None] = mapped_column(Integer)
    by_user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    reason: Mapped[str] = mapped_column(String(300), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    conversation: Mapped[Conversation] = relationship(
        "Conversation", primaryjoin="foreign(Assignment.conversation_id) == Conversation.id"
    )
    agent: Mapped[Membership | None] = relationship(
        Membership, primaryjoin=lambda: foreign(Assignment.agent_id) == Membership.id
    )
    division: Mapped[Division | None] = relationship(
        Division, primaryjoin=lambda: foreign(Assignment.division_id) == Division.id
    )
