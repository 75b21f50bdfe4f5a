"""Customers, their contacts and identities, and which of them are one person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.migrations.foundation.kinds import (
    JSON,
    MOMENT,
    TOKEN,
    choice,
    tenant_fk,
    tenant_key,
    where,
)

TABLES = (
    "customer",
    "label",
    "contact",
    "contact_label",
    "contact_token",
    "identity",
    "customer_choice",
    "profile_rule",
    "customer_merge",
    "customer_merge_contact",
)
"""In the order in which they are made."""


def create() -> None:
    """Make the tables."""
    op.create_table(
        "customer",
        *tenant_key(),
        sa.Column("name", sa.String(160), nullable=False),
        sa.Column("phone", sa.String(40), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("is_group", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("successor_id", sa.Integer(), nullable=True),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        tenant_fk("successor_id", "customer"),
        sa.UniqueConstraint("uuid"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_customer_name", "customer", ["tenant_id", "name"])
    op.create_index(
        "ix_customer_successor",
        "customer",
        ["tenant_id", "successor_id"],
        **where("successor_id IS NOT NULL"),
    )
    op.create_table(
        "label",
        *tenant_key(),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("color", sa.String(20), nullable=False),
        sa.UniqueConstraint("tenant_id", "name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "contact",
        *tenant_key(),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("home_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(160), nullable=False),
        sa.Column("phone", sa.String(40), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("birthday", sa.Date(), nullable=True),
        sa.Column("consent", choice("consent_choice", "unknown", "in", "out"), nullable=False),
        sa.Column("consent_by", sa.String(20), nullable=True),
        sa.Column("consent_at", MOMENT, nullable=True),
        sa.Column("sources", JSON, nullable=False),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        tenant_fk("customer_id", "customer"),
        tenant_fk("home_id", "customer"),
        sa.UniqueConstraint("uuid"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_contact_customer", "contact", ["tenant_id", "customer_id"])
    op.create_index("ix_contact_home", "contact", ["tenant_id", "home_id"])
    op.create_index("ix_contact_email", "contact", ["tenant_id", "email"])
    op.create_index("ix_contact_phone", "contact", ["tenant_id", "phone"])
    op.create_table(
        "contact_label",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), primary_key=True),
        sa.Column("label_id", sa.Integer(), primary_key=True),
        tenant_fk("contact_id", "contact", ondelete="CASCADE"),
        tenant_fk("label_id", "label", ondelete="CASCADE"),
    )
    op.create_index(
        "ix_contact_label_label", "contact_label", ["tenant_id", "label_id", "contact_id"]
    )
    op.create_table(
        "contact_token",
        sa.Column("tenant_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("token", TOKEN, primary_key=True),
        sa.Column("contact_id", sa.Integer(), primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "identity",
        *tenant_key(),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            choice(
                "identitykind_choice",
                "phone",
                "email",
                "bsuid",
                "lid",
                "psid",
                "igsid",
                "telegram",
                "tiktok_im",
                "tiktok_buyer",
                "shopee_user",
                "lazada_buyer",
            ),
            nullable=False,
        ),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("is_verified", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_inbound_at", MOMENT, nullable=True),
        tenant_fk("contact_id", "contact", ondelete="CASCADE"),
        sa.UniqueConstraint("tenant_id", "scope", "kind", "address"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_identity_contact", "identity", ["tenant_id", "contact_id"])
    op.create_table(
        "customer_choice",
        *tenant_key(),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=True),
        sa.Column("pins", JSON, nullable=False),
        tenant_fk("customer_id", "customer"),
        tenant_fk("contact_id", "contact"),
        tenant_fk("channel_id", "channel"),
        sa.UniqueConstraint("tenant_id", "customer_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "profile_rule",
        *tenant_key(),
        sa.Column("field", sa.String(20), nullable=False),
        sa.Column("rule", sa.String(40), nullable=False),
        sa.UniqueConstraint("tenant_id", "field"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "customer_merge",
        *tenant_key(),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("ab_user.id", ondelete="SET NULL")),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column(
            "kind",
            choice("mergekind_choice", "merge", "unmerge", "undo", "main_channel", "pin"),
            nullable=False,
        ),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("before", JSON, nullable=False),
        sa.Column("after", JSON, nullable=False),
        sa.Column("undoes_id", sa.Integer(), nullable=True),
        sa.Column("idempotency_key", sa.String(100), nullable=True),
        sa.Column("request", sa.String(64), nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        tenant_fk("customer_id", "customer"),
        tenant_fk("undoes_id", "customer_merge"),
        sa.UniqueConstraint("uuid"),
        sa.UniqueConstraint("tenant_id", "idempotency_key"),
        sa.UniqueConstraint("tenant_id", "undoes_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_customer_merge_customer", "customer_merge", ["tenant_id", "customer_id"])
    op.create_table(
        "customer_merge_contact",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), primary_key=True),
        sa.Column("contact_id", sa.Integer(), primary_key=True),
        tenant_fk("event_id", "customer_merge", ondelete="CASCADE"),
        tenant_fk("contact_id", "contact"),
    )
    op.create_index(
        "ix_customer_merge_contact",
        "customer_merge_contact",
        ["tenant_id", "contact_id", "event_id"],
    )
