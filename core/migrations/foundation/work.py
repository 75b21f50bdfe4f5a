"""What processes share: jobs, the schedule, the raw inbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.migrations.foundation.kinds import BIG_KEY, JSON, MOMENT, choice, where

TABLES = ("process", "schedule", "security_version", "job", "raw_inbox")
"""In the order in which they are made."""


def create() -> None:
    """Make the tables."""
    op.create_table(
        "process",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("host", sa.String(120), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("serves", sa.Boolean(), nullable=False),
        sa.Column("works", sa.Boolean(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
    )
    op.create_table(
        "schedule",
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("next_at", MOMENT, nullable=False),
    )
    op.create_table(
        "security_version",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "job",
        sa.Column("id", BIG_KEY, primary_key=True),
        sa.Column(
            "tenant_id", sa.Integer(), sa.ForeignKey("tenant.id", ondelete="CASCADE"), nullable=True
        ),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("lane", sa.String(100), nullable=True),
        sa.Column("crowd", sa.String(60), nullable=True),
        sa.Column("queue", sa.String(20), nullable=False),
        sa.Column(
            "state", choice("jobstate_choice", "ready", "leased", "dead", "parked"), nullable=False
        ),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("begun", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sqlite_autoincrement=True,
    )
    is_free = where("state = 'ready' AND lane IS NULL")
    has_lane = where("lane IS NOT NULL")
    op.create_index("ix_job_free", "job", ["queue", "due_at", "id"], **is_free)
    op.create_index("ix_job_lane", "job", ["lane", "tenant_id", "state", "id"], **has_lane)
    op.create_index("ix_job_leased", "job", ["lease_until"], **where("state = 'leased'"))
    op.create_index("ix_job_parked", "job", ["tenant_id", "actor"], **where("state = 'parked'"))
    op.create_index("ix_job_ready", "job", ["queue", "due_at", "id"], **where("state = 'ready'"))
    op.create_index("ix_job_tenant", "job", ["tenant_id", "state"])
    op.create_table(
        "raw_inbox",
        sa.Column("id", BIG_KEY, primary_key=True),
        sa.Column(
            "tenant_id",
            sa.Integer(),
            sa.ForeignKey("tenant.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_raw_inbox_tenant", "raw_inbox", ["tenant_id", "id"])
