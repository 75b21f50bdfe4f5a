"""Orders, and the shops that tell of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.migrations.foundation.kinds import JSON, MOMENT, MONEY, choice, tenant_fk, tenant_key

TABLES = ("order", "order_source", "order_delivery", "order_line")
"""In the order in which they are made."""


def create() -> None:
    """Make the tables."""
    op.create_table(
        "order",
        *tenant_key(),
        sa.Column("number", sa.String(60), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("total", MONEY, nullable=False),
        sa.Column("paid", MONEY, nullable=False),
        sa.Column(
            "status",
            choice("orderstatus_choice", "new", "processing", "shipped", "received", "cancelled"),
            nullable=False,
        ),
        sa.Column(
            "payment", choice("paymentstate_choice", "unpaid", "part", "paid"), nullable=False
        ),
        sa.Column("verified_by_id", sa.Integer(), sa.ForeignKey("ab_user.id"), nullable=True),
        sa.Column("verified_at", MOMENT, nullable=True),
        sa.Column("estimated_date", sa.Date(), nullable=True),
        sa.Column("carrier", sa.String(60), nullable=False),
        sa.Column("tracking_number", sa.String(80), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("external_id", sa.String(120), nullable=True),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("shipped_at", MOMENT, nullable=True),
        sa.Column("received_at", MOMENT, nullable=True),
        sa.Column("cancelled_at", MOMENT, nullable=True),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        tenant_fk("contact_id", "contact"),
        sa.UniqueConstraint("uuid"),
        sa.UniqueConstraint("tenant_id", "number"),
        sa.UniqueConstraint("tenant_id", "source", "external_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_order_contact", "order", ["tenant_id", "contact_id"])
    op.create_table(
        "order_source",
        *tenant_key(),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("last_at", MOMENT, nullable=True),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.UniqueConstraint("uuid"),
        sa.UniqueConstraint("tenant_id", "name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "order_delivery",
        *tenant_key(),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(190), nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("event_id", sa.String(190), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("is_applied", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("answer", JSON, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        tenant_fk("source_id", "order_source", ondelete="CASCADE"),
        sa.UniqueConstraint("tenant_id", "source_id", "key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_order_delivery_at", "order_delivery", ["tenant_id", "at"])
    op.create_table(
        "order_line",
        *tenant_key(),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("product", sa.String(200), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("price", MONEY, nullable=False),
        tenant_fk("order_id", "order", ondelete="CASCADE"),
        sqlite_autoincrement=True,
    )
