"""Channels, who may use them, and what came over them that has no place yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.migrations.foundation.kinds import JSON, MOMENT, choice, tenant_fk, tenant_key

TABLES = (
    "channel",
    "allocation",
    "bad_inbound_item",
    "channel_count",
    "early_status",
    "template",
    "quick_reply",
)
"""In the order in which they are made."""


def create() -> None:
    """Make the tables."""
    op.create_table(
        "channel",
        *tenant_key(),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("own_address", sa.String(120), nullable=False),
        sa.Column("region", sa.String(2), nullable=False),
        sa.Column("settings", JSON, nullable=False),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column(
            "state",
            choice("channelstate_choice", "new", "connected", "paused", "broken"),
            nullable=False,
        ),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column(
            "filter", choice("channelfilter_choice", "none", "known", "except"), nullable=False
        ),
        sa.Column("filter_numbers", JSON, nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("module_id", sa.Integer(), nullable=True),
        sa.Column("last_inbound_at", MOMENT, nullable=True),
        sa.Column("last_webhook_at", MOMENT, nullable=True),
        sa.Column("access_until", MOMENT, nullable=True),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        tenant_fk("owner_id", "membership"),
        tenant_fk("module_id", "module"),
        sa.UniqueConstraint("uuid"),
        sa.UniqueConstraint("tenant_id", "name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "allocation",
        *tenant_key(),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        tenant_fk("member_id", "membership", ondelete="CASCADE"),
        tenant_fk("channel_id", "channel", ondelete="CASCADE"),
        sa.UniqueConstraint("tenant_id", "member_id", "channel_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_allocation_channel", "allocation", ["tenant_id", "channel_id"])
    op.create_table(
        "bad_inbound_item",
        *tenant_key(),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("raw", JSON, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        tenant_fk("channel_id", "channel", ondelete="CASCADE"),
        sa.UniqueConstraint("tenant_id", "channel_id", "digest"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "channel_count",
        *tenant_key(),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(40), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        tenant_fk("channel_id", "channel", ondelete="CASCADE"),
        sa.UniqueConstraint("tenant_id", "channel_id", "what"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "early_status",
        *tenant_key(),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.String(190), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("error", JSON, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        tenant_fk("channel_id", "channel", ondelete="CASCADE"),
        sa.UniqueConstraint("tenant_id", "channel_id", "provider_id", "state"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "template",
        *tenant_key(),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("language", sa.String(12), nullable=False),
        sa.Column("variables", JSON, nullable=False),
        sa.Column("provider_name", sa.String(120), nullable=False),
        sa.Column("provider_id", sa.String(64), nullable=True),
        sa.Column(
            "state",
            choice(
                "templatestate_choice",
                "approved",
                "pending",
                "rejected",
                "paused",
                "disabled",
                "gone",
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("category", sa.String(20), nullable=False),
        sa.Column("quality", sa.String(20), nullable=False),
        sa.Column("slots", JSON, nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=True),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        tenant_fk("channel_id", "channel"),
        sa.UniqueConstraint("tenant_id", "name"),
        sa.UniqueConstraint("tenant_id", "channel_id", "provider_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "quick_reply",
        *tenant_key(),
        sa.Column("shortcut", sa.String(40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.UniqueConstraint("tenant_id", "shortcut"),
        sqlite_autoincrement=True,
    )
