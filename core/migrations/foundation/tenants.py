"""Tenants: their plans, programs, switches, notices, and the trail of who changed what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.migrations.foundation.kinds import JSON, MOMENT, choice, tenant_key

TABLES = ("plan", "tenant", "api_token", "audit_entry", "plugin_switch", "notice", "user_state")
"""In the order in which they are made."""


def create() -> None:
    """Make the tables."""
    op.create_table(
        "plan",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(40), nullable=False, unique=True),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("plugins", JSON, nullable=False),
        sa.Column("limits", JSON, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
    )
    op.create_table(
        "tenant",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("slug", sa.String(40), nullable=False, unique=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("plan_id", sa.Integer(), sa.ForeignKey("plan.id"), nullable=False),
        sa.Column("time_zone", sa.String(60), nullable=False),
        sa.Column("default_region", sa.String(2), nullable=False),
        sa.Column("number_style", choice("numberstyle_choice", "plain", "plus"), nullable=False),
        sa.Column("locale", sa.String(10), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("switch_version", sa.Integer(), nullable=False),
        sa.Column("limits_agents", sa.Boolean(), nullable=False),
        sa.Column("stop_words", JSON, nullable=True),
        sa.Column("start_words", JSON, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "api_token",
        *tenant_key(),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("hint", sa.String(16), nullable=False),
        sa.Column("scopes", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by_id", sa.Integer(), sa.ForeignKey("ab_user.id"), nullable=True),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "audit_entry",
        *tenant_key(),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column(
            "user_id", sa.Integer(), sa.ForeignKey("ab_user.id", ondelete="SET NULL"), nullable=True
        ),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("noun", sa.String(40), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=True),
        sa.Column("label", sa.String(160), nullable=False),
        sa.Column("changes", JSON, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_noun", "audit_entry", ["tenant_id", "noun", "row_id"])
    op.create_table(
        "plugin_switch",
        *tenant_key(),
        sa.Column("plugin", sa.String(40), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("settings", JSON, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.UniqueConstraint("tenant_id", "plugin"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "notice",
        *tenant_key(),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("level", choice("noticelevel_choice", "bad", "warning", "good"), nullable=False),
        sa.Column("title", sa.String(160), nullable=False),
        sa.Column("text", sa.String(500), nullable=False),
        sa.Column("href", sa.String(200), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_notice_open",
        "notice",
        ["tenant_id", "key"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "user_state",
        sa.Column(
            "user_id",
            sa.Integer(),
            sa.ForeignKey("ab_user.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("session_version", sa.BigInteger(), nullable=False),
        sa.Column("last_tenant_id", sa.Integer(), sa.ForeignKey("tenant.id"), nullable=True),
        sa.Column("locale", sa.String(10), nullable=True),
    )
