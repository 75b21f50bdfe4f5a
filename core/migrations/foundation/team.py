"""The team: who is a member, in which division, and the boards that it works on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.migrations.foundation.kinds import JSON, MOMENT, choice, tenant_fk, tenant_key

TABLES = ("division", "membership", "division_member", "module")
"""In the order in which they are made."""


def create() -> None:
    """Make the tables."""
    op.create_table(
        "division",
        *tenant_key(),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("rules", JSON, nullable=False),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.UniqueConstraint("tenant_id", "name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "membership",
        *tenant_key(),
        sa.Column(
            "user_id", sa.Integer(), sa.ForeignKey("ab_user.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("roles", JSON, nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column(
            "presence",
            choice("presence_choice", "online", "busy", "away", "offline"),
            nullable=False,
        ),
        sa.Column("seen_at", MOMENT, nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("open_count", sa.Integer(), nullable=False),
        sa.Column("promised", sa.Integer(), nullable=False),
        sa.Column("beyond", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("open_count + promised <= capacity + beyond", name="within_capacity"),
        sa.UniqueConstraint("tenant_id", "user_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "division_member",
        *tenant_key(),
        sa.Column("division_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        tenant_fk("division_id", "division", ondelete="CASCADE"),
        tenant_fk("member_id", "membership", ondelete="CASCADE"),
        sa.UniqueConstraint("tenant_id", "division_id", "member_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "module",
        *tenant_key(),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("stages", JSON, nullable=False),
        sa.Column("allows_sms", sa.Boolean(), nullable=False),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.UniqueConstraint("tenant_id", "name"),
        sqlite_autoincrement=True,
    )
