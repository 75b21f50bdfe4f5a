"""Broadcasts, and what becomes of each for each person."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
STATES = ("listing", "ready", "sending", "paused", "done", "cancelled")
OF_ONE = ("listed", "waiting", "queued", "left_out", "failed")
LEFT_OUT = ("opted_out", "no_way", "outside_window", "same_address", "refused")


def tenant_key() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("tenant_id", sa.Integer(), sa.ForeignKey("tenant.id"), nullable=False),
        sa.UniqueConstraint("tenant_id", "id"),
    ]


def tenant_fk(column: str, target: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column], [f"{target}.tenant_id", f"{target}.id"], ondelete=ondelete
    )


def choice(name: str, members: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(
        *members, name=f"{name}_choice", native_enum=False, create_constraint=True, length=24
    )


def upgrade() -> None:
    op.create_table(
        "automation_broadcast",
        *tenant_key(),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("audience", JSON, nullable=False),
        sa.Column("template_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("channel_ids", JSON, nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("state", choice("broadcaststate", STATES), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("cursor", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.Column("unknown", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(160), nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        tenant_fk("template_id", "template"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_automation_broadcast_state", "automation_broadcast", ["tenant_id", "state"])
    op.create_table(
        "automation_audience",
        *tenant_key(),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("audience", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.UniqueConstraint("tenant_id", "name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "automation_recipient",
        *tenant_key(),
        sa.Column("broadcast_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("channel_id", sa.Integer(), nullable=True),
        sa.Column("identity_id", sa.Integer(), nullable=True),
        sa.Column("address", sa.String(300), nullable=True),
        sa.Column("state", choice("recipientstate", OF_ONE), nullable=False),
        sa.Column("left_out", choice("leftout", LEFT_OUT), nullable=True),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("queued_at", MOMENT, nullable=True),
        sa.UniqueConstraint("tenant_id", "broadcast_id", "customer_id"),
        sa.UniqueConstraint("tenant_id", "broadcast_id", "address"),
        tenant_fk("broadcast_id", "automation_broadcast", "CASCADE"),
        tenant_fk("customer_id", "customer", "CASCADE"),
        tenant_fk("contact_id", "contact", "CASCADE"),
        sqlite_autoincrement=True,
    )
    for name, columns in (
        ("state", ["tenant_id", "broadcast_id", "state", "id"]),
        ("channel", ["tenant_id", "channel_id", "queued_at"]),
        ("contact", ["tenant_id", "contact_id"]),
    ):
        op.create_index(f"ix_automation_recipient_{name}", "automation_recipient", columns)


def downgrade() -> None:
    op.drop_table("automation_recipient")
    op.drop_table("automation_audience")
    op.drop_table("automation_broadcast")
