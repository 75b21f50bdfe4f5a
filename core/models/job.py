"""The job table: outbox, delay queue, retries, dead letters and processed marks in one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base, Json, OwnedMixin, UtcDateTime, choice, now


class JobState(StrEnum):
    """Ready waits for its time, leased is with a worker, dead gave up, parked awaits a switch."""

    READY = "ready"
    LEASED = "leased"
    DEAD = "dead"
    PARKED = "parked"


class Job(OwnedMixin, Base):
    """One piece of work, written in the transaction of its cause, deleted in that of its effect.

    A system table with `tenant_id`: a tenant's session may write its own rows, the relay sees all.
    `lane` orders: a tenant's jobs of one lane run one after another, by id.
    `attempts` counts leases and is the fence: it only grows, so that a stale message never fits a
    later lease. `failures` counts what went wrong since the job was written or retried by hand.
    `begun`: a worker of another process than the relay's said that it runs this attempt.
    `crowd`: jobs of one crowd wait for the same stranger, an account at a provider say; together
    they never take all threads of a process.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index(
            "ix_job_ready",
            "queue",
            "due_at",
            "id",
            sqlite_where=text("state = 'ready'"),
            postgresql_where=text("state = 'ready'"),
        ),
        Index(
            "ix_job_leased",
            "lease_until",
            sqlite_where=text("state = 'leased'"),
            postgresql_where=text("state = 'leased'"),
        ),
        Index(
            "ix_job_free",
            "queue",
            "due_at",
            "id",
            sqlite_where=text("state = 'ready' AND lane IS NULL"),
            postgresql_where=text("state = 'ready' AND lane IS NULL"),
        ),
        Index(
            "ix_job_lane",
            "lane",
            "tenant_id",
            "state",
            "id",
            sqlite_where=text("lane IS NOT NULL"),
            postgresql_where=text("lane IS NOT NULL"),
        ),
        Index(
            "ix_job_parked",
            "tenant_id",
            "actor",
            sqlite_where=text("state = 'parked'"),
            postgresql_where=text("state = 'parked'"),
        ),
        Index("ix_job_tenant", "tenant_id", "state"),
        {"sqlite_autoincrement": True, "info": {"system": True, "row_security": True}},
    )

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True
    )
    tenant_id: Mapped[int | None] = mapped_column(  # type: ignore[assignment]  # NULL: the system's
        ForeignKey("tenant.id", ondelete="CASCADE")
    )
    actor: Mapped[str] = mapped_column(String(100))
    payload: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    lane: Mapped[str | None] = mapped_column(String(100))
    crowd: Mapped[str | None] = mapped_column(String(60))
    queue: Mapped[str] = mapped_column(String(20), default="now")
    state: Mapped[JobState] = mapped_column(choice(JobState), default=JobState.READY)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    begun: Mapped[bool] = mapped_column(default=False, server_default=false())
    attempts: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class Schedule(Base):
    """A periodic piece of work: when it ticks next. Exactly one process wins each tick."""

    __tablename__ = "schedule"
    __table_args__ = ({"info": {"system": True}},)

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Process(Base):
    """A process of this installation that lives, or lived lately: see core/pulse.py."""

    __tablename__ = "process"
    __table_args__ = ({"info": {"system": True}},)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    host: Mapped[str] = mapped_column(String(120))
    pid: Mapped[int] = mapped_column()
    serves: Mapped[bool] = mapped_column()
    works: Mapped[bool] = mapped_column()
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
