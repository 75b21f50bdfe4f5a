"""What automation remembers: its rules, and each time that one of them was asked."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, foreign, mapped_column, relationship

from core.api import (
    Contact,
    Json,
    Message,
    TenantMixin,
    TimesMixin,
    UtcDateTime,
    choice,
    now,
    plugin_registry,
    tenant_fk,
    tenant_table,
)

STEP = {"action": "send", "values": {"template": "", "text": "Halo", "channel": ""}}
"""What one step looks like."""


class Base(DeclarativeBase):
    """The plugin's own base: a fault here can't break the core's mappers."""

    registry = plugin_registry("automation")


class Rule(TenantMixin, TimesMixin, Base):
    """When `trigger` happens and `conditions` hold, take `steps`.

    `asks`: what the trigger wants to know, such as `{"days": 3}`. `conditions`: a tree, see
    `conditions.py`. `steps`: `[{"action": "send", "values": {…}}]`. They begin `delay_minutes`
    after the trigger; of a dated trigger at `at_time` on the tenant's clock. `seed` names the
    ready-made rule that it was made from.
    """

    __tablename__ = "automation_rule"
    __table_args__ = tenant_table(Index("ix_automation_rule_trigger", "tenant_id", "trigger"))

    name: Mapped[str] = mapped_column(String(120))
    trigger: Mapped[str] = mapped_column(String(60))
    asks: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    conditions: Mapped[dict[str, Any]] = mapped_column(
        Json, default=dict, info={"example": {"join": "all", "items": []}}
    )
    steps: Mapped[list[dict[str, Any]]] = mapped_column(
        Json, default=list, info={"example": [STEP]}
    )
    delay_minutes: Mapped[int] = mapped_column(default=0)
    at_time: Mapped[str] = mapped_column(String(5), default="09:00", info={"example": "09:00"})
    is_on: Mapped[bool] = mapped_column(default=True)
    seed: Mapped[str] = mapped_column(String(40), default="")
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def __str__(self) -> str:
        return self.name


class RunState(StrEnum):
    """Only a scheduled run has anything left to do."""

    SCHEDULED = "scheduled"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"
    STOPPED = "stopped"
    CANCELLED = "cancelled"


class Run(TenantMixin, Base):
    """One rule, asked about one subject in one episode: at most one row, so at most one send (B12).

    `subject`: `order:12`. `given`: the trigger's own variables. `step`: the next one to take of
    `steps`, which stand here once they have begun: a rule may be edited while it waits. `wall`: the
    local time that it is due at, on the clock of `zone`; "" where a delay says so. `depth`: how
    many rules stand between this one and what a person did. `code` and `reason` say why it ended as
    it did, `trace` what was looked at. `message_id`: the message that it sent; no foreign key,
    erasing a message leaves the claim.
    """

    __tablename__ = "automation_run"
    __table_args__ = tenant_table(
        UniqueConstraint("tenant_id", "rule_id", "subject", "episode"),
        tenant_fk("rule_id", "automation_rule", ondelete="CASCADE"),
        tenant_fk("contact_id", "contact", ondelete="CASCADE"),
        Index(
            "ix_automation_run_due",
            "tenant_id",
            "due_at",
            "id",
            sqlite_where=text("state = 'scheduled'"),
            postgresql_where=text("state = 'scheduled'"),
        ),
        Index("ix_automation_run_contact", "tenant_id", "contact_id", "id"),
        Index("ix_automation_run_subject", "tenant_id", "subject"),
        Index("ix_automation_run_message", "tenant_id", "message_id"),
    )

    rule_id: Mapped[int] = mapped_column(Integer)
    trigger: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(80))
    episode: Mapped[str] = mapped_column(String(60), default="1")
    contact_id: Mapped[int] = mapped_column(Integer)
    state: Mapped[RunState] = mapped_column(choice(RunState), default=RunState.SCHEDULED)
    given: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    step: Mapped[int] = mapped_column(default=0)
    steps: Mapped[list[dict[str, Any]]] = mapped_column(
        Json, default=list, info={"example": [STEP]}
    )
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    wall: Mapped[str] = mapped_column(String(16), default="", info={"example": ""})
    zone: Mapped[str] = mapped_column(String(64), default="", info={"example": ""})
    depth: Mapped[int] = mapped_column(default=0)
    code: Mapped[str] = mapped_column(String(40), default="")
    reason: Mapped[str] = mapped_column(String(500), default="")
    trace: Mapped[dict[str, Any]] = mapped_column(
        Json, default=dict, info={"example": {"steps": []}}
    )
    message_id: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    rule: Mapped[Rule] = relationship(Rule, primaryjoin=lambda: foreign(Run.rule_id) == Rule.id)
    contact: Mapped[Contact] = relationship(
        Contact, primaryjoin=lambda: foreign(Run.contact_id) == Contact.id
    )
    message: Mapped[Message | None] = relationship(
        Message, primaryjoin=lambda: foreign(Run.message_id) == Message.id, viewonly=True
    )


MODELS = (Rule, Run)
