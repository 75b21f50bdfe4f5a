"""A channel: one connected account or number."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from core.models.base import (
    Base,
    Json,
    TenantMixin,
    TimesMixin,
    UtcDateTime,
    UuidMixin,
    choice,
    tenant_fk,
    tenant_table,
)
from core.models.pipeline import Module
from core.models.tenant import Membership


class ChannelState(StrEnum):
    """Whether messages can pass. `reason` on the channel says why not."""

    NEW = "new"
    CONNECTED = "connected"
    PAUSED = "paused"
    BROKEN = "broken"


class ChannelFilter(StrEnum):
    """Whose messages are kept (D13)."""

    NONE = "none"
    KNOWN = "known"
    EXCEPT = "except"


class Channel(TenantMixin, UuidMixin, TimesMixin, Base):
    """One connected account: its kind, whose it is, its sealed secrets and its state.

    `facts` is what its provider says of it, by name: `{"value", "is_bad", "at"}`. `access_until` is
    when its tokens end and have been renewed; None where they don't, or a person has to.
    """

    __tablename__ = "channel"
    __table_args__ = tenant_table(
        UniqueConstraint("uuid"),
        UniqueConstraint("tenant_id", "name"),
        tenant_fk("owner_id", "membership"),
        tenant_fk("module_id", "module"),
    )

    name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(40))
    own_address: Mapped[str] = mapped_column(String(120), default="")
    region: Mapped[str] = mapped_column(String(2), default="ID")
    settings: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    facts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    sealed: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[ChannelState] = mapped_column(choice(ChannelState), default=ChannelState.NEW)
    reason: Mapped[str] = mapped_column(String(500), default="")
    filter: Mapped[ChannelFilter] = mapped_column(choice(ChannelFilter), default=ChannelFilter.NONE)
    filter_numbers: Mapped[list[str]] = mapped_column(Json, default=list)
    owner_id: Mapped[int | None] = mapped_column(Integer)
    module_id: Mapped[int | None] = mapped_column(Integer)
    last_inbound_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_webhook_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    access_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    owner: Mapped[Membership | None] = relationship(
        Membership, primaryjoin=lambda: foreign(Channel.owner_id) == Membership.id
    )
    module: Mapped[Module | None] = relationship(
        Module, primaryjoin=lambda: foreign(Channel.module_id) == Module.id
    )

    def __str__(self) -> str:
        return self.name


class ChannelCount(TenantMixin, Base):
    """How many items a channel only counted, by what they were (D2, D13)."""

    __tablename__ = "channel_count"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "channel_id", "what"),
        tenant_fk("channel_id", "channel", ondelete="CASCADE"),
    )

    channel_id: Mapped[int] = mapped_column(Integer)
    what: Mapped[str] = mapped_column(String(40))
    count: Mapped[int] = mapped_column(default=0)
