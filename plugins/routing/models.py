"""What routing remembers: settings, where each conversation stands, why it went where it went."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, foreign, mapped_column, relationship

from core.api import (
    Channel,
    Json,
    Membership,
    TenantMixin,
    TimesMixin,
    UtcDateTime,
    now,
    plugin_registry,
    tenant_fk,
    tenant_table,
)

DEFAULT_POLICY = "round_robin"
LEAST_IDLE = 5  # minutes (C12)


class Base(DeclarativeBase):
    """The plugin's own base: a fault here can't break the core's mappers."""

    registry = plugin_registry("routing")


class DistributionSetting(TenantMixin, TimesMixin, Base):
    """How one device's conversations are distributed. A device without one goes round robin."""

    __tablename__ = "routing_setting"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "channel_id"),
        CheckConstraint("idle_minutes IS NULL OR idle_minutes >= 5", name="routing_idle_least"),
        tenant_fk("channel_id", "channel", ondelete="CASCADE"),
    )

    name: Mapped[str] = mapped_column(String(80))
    channel_id: Mapped[int] = mapped_column(Integer)
    is_sticky: Mapped[bool] = mapped_column(default=False)
    idle_minutes: Mapped[int | None] = mapped_column(Integer)
    policy: Mapped[str] = mapped_column(String(40), default=DEFAULT_POLICY)

    channel: Mapped[Channel] = relationship(
        Channel, primaryjoin=lambda: foreign(DistributionSetting.channel_id) == Channel.id
    )

    def __str__(self) -> str:
        return self.name


class AgentSetting(TenantMixin, Base):
    """What an admin said of an agent. `hours`: `[{"days": [0, 1], "from": "09:00", "to": "17:00"}]`
    on the tenant's clock, Monday is 0; an empty list is always."""

    __tablename__ = "routing_agent"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "member_id"),
        CheckConstraint("weight >= 1", name="routing_weight_least"),
        tenant_fk("member_id", "membership", ondelete="CASCADE"),
    )

    member_id: Mapped[int] = mapped_column(Integer)
    weight: Mapped[int] = mapped_column(default=1)
    hours: Mapped[list[dict[str, Any]]] = mapped_column(
        Json, default=list, info={"example": [{"days": [0, 1], "from": "09:00", "to": "17:00"}]}
    )


class Case(TenantMixin, Base):
    """Where one conversation stands. `state`: queued, held or closed.

    `since`: when it began to wait; `held_at`: when `agent_id` got it. `tried`: who lost it for
    being idle, `hops`: how often, both until a person answers. `wants_id`: the sticky agent.
    `clock_at`: when the agent loses it. `completed_by_id`: who had it at the last closing.
    """

    __tablename__ = "routing_case"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "conversation_id"),
        tenant_fk("conversation_id", "conversation", ondelete="CASCADE"),
        tenant_fk("channel_id", "channel", ondelete="CASCADE"),
        tenant_fk("contact_id", "contact", ondelete="CASCADE"),
        tenant_fk("agent_id", "membership"),
        tenant_fk("wants_id", "membership"),
        tenant_fk("completed_by_id", "membership"),
        Index(
            "ix_routing_case_queued",
            "tenant_id",
            "since",
            "id",
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
        Index("ix_routing_case_contact", "tenant_id", "contact_id", "channel_id"),
    )

    conversation_id: Mapped[int] = mapped_column(Integer)
    channel_id: Mapped[int] = mapped_column(Integer)
    contact_id: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(12))
    since: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    agent_id: Mapped[int | None] = mapped_column(Integer)
    held_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    clock_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tried: Mapped[list[int]] = mapped_column(Json, default=list)
    hops: Mapped[int] = mapped_column(default=0)
    wants_id: Mapped[int | None] = mapped_column(Integer)
    completed_by_id: Mapped[int | None] = mapped_column(Integer)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PolicyMemory(TenantMixin, Base):
    """What a policy remembers of one device from one choice to the next."""

    __tablename__ = "routing_memory"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "channel_id", "policy"),
        tenant_fk("channel_id", "channel", ondelete="CASCADE"),
    )

    channel_id: Mapped[int] = mapped_column(Integer)
    policy: Mapped[str] = mapped_column(String(40))
    memory: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class Scene(TenantMixin, Base):
    """The agents as they stood when a batch of decisions began; see `scenes.py` for the shape.

    Kept once for all decisions of the batch: at 200 agents it is ten times as long as a decision.
    """

    __tablename__ = "routing_scene"
    __table_args__ = tenant_table(Index("ix_routing_scene_at", "tenant_id", "at"))

    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    agents: Mapped[dict[str, Any]] = mapped_column(
        Json, info={"example": {"agents": [], "divisions": {}, "channels": {}}}
    )


class Decision(TenantMixin, Base):
    """One decision and what it was made from; append-only but for `ended_at`, when the turn ended.

    `kind`: see `words.py`. `scene_id` and `place`: what it was made from, and how many of the same
    batch came before it; without a scene nobody was chosen among others. `tried`: who had lost it.
    """

    __tablename__ = "routing_decision"
    __table_args__ = tenant_table(
        tenant_fk("conversation_id", "conversation", ondelete="CASCADE"),
        tenant_fk("channel_id", "channel", ondelete="CASCADE"),
        tenant_fk("division_id", "division"),
        tenant_fk("agent_id", "membership"),
        tenant_fk("scene_id", "routing_scene"),
        Index("ix_routing_decision_conversation", "tenant_id", "conversation_id", "id"),
        Index("ix_routing_decision_scene", "tenant_id", "scene_id", "place"),
        Index("ix_routing_decision_at", "tenant_id", "at"),
    )

    conversation_id: Mapped[int] = mapped_column(Integer)
    channel_id: Mapped[int] = mapped_column(Integer)
    division_id: Mapped[int | None] = mapped_column(Integer)
    agent_id: Mapped[int | None] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(20))
    policy: Mapped[str] = mapped_column(String(40), default="")
    since: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    scene_id: Mapped[int | None] = mapped_column(Integer)
    place: Mapped[int] = mapped_column(default=0)
    tried: Mapped[list[int]] = mapped_column(Json, default=list)

    agent: Mapped[Membership | None] = relationship(
        Membership, primaryjoin=lambda: foreign(Decision.agent_id) == Membership.id
    )


class Rotator(TenantMixin, TimesMixin, Base):
    """A link that spreads clicks over numbers. The end of `slug` is random: no tenant can tell
    from a refusal which words another one uses."""

    __tablename__ = "routing_rotator"
    __table_args__ = tenant_table(UniqueConstraint("slug"))

    name: Mapped[str] = mapped_column(String(80))
    slug: Mapped[str] = mapped_column(String(60))
    greeting: Mapped[str] = mapped_column(String(300), default="")
    is_active: Mapped[bool] = mapped_column(default=True)
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))

    targets: Mapped[list[RotatorTarget]] = relationship(
        lambda: RotatorTarget,
        primaryjoin=lambda: Rotator.id == foreign(RotatorTarget.rotator_id),
        order_by=lambda: RotatorTarget.id,
        viewonly=True,
    )

    def __str__(self) -> str:
        return self.name


class RotatorTarget(TenantMixin, Base):
    """One number of a rotator. `dealt` begins anew with the weights, `clicks` never."""

    __tablename__ = "routing_target"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "rotator_id", "channel_id"),
        CheckConstraint("weight >= 1", name="routing_target_weight_least"),
        tenant_fk("rotator_id", "routing_rotator", ondelete="CASCADE"),
        tenant_fk("channel_id", "channel", ondelete="CASCADE"),
    )

    rotator_id: Mapped[int] = mapped_column(Integer)
    channel_id: Mapped[int] = mapped_column(Integer)
    weight: Mapped[int] = mapped_column(default=1)
    dealt: Mapped[int] = mapped_column(default=0)
    clicks: Mapped[int] = mapped_column(default=0)

    channel: Mapped[Channel] = relationship(
        Channel, primaryjoin=lambda: foreign(RotatorTarget.channel_id) == Channel.id
    )


MODELS = (
    DistributionSetting,
    AgentSetting,
    Case,
    PolicyMemory,
    Scene,
    Decision,
    Rotator,
    RotatorTarget,
)
