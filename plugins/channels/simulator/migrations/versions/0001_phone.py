"""The phone's tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)


def tenant_key() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("tenant_id", sa.Integer(), sa.ForeignKey("tenant.id"), nullable=False),
        sa.UniqueConstraint("tenant_id", "id"),
    ]


def tenant_fk(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column], [f"{target}.tenant_id", f"{target}.id"], ondelete="CASCADE"
    )


def upgrade() -> None:
    op.create_table(
        "simulator_phone",
        *tenant_key(),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("is_silent", sa.Boolean(), nullable=False),
        sa.Column("fail_next", sa.Integer(), nullable=False),
        sa.Column("fail_as", sa.String(20), nullable=False),
        sa.UniqueConstraint("tenant_id", "channel_id"),
        tenant_fk("channel_id", "channel"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "simulator_person",
        *tenant_key(),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(24), nullable=False),
        sa.Column("name", sa.String(160), nullable=False),
        sa.UniqueConstraint("tenant_id", "channel_id", "number"),
        tenant_fk("channel_id", "channel"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "simulator_line",
        *tenant_key(),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.String(64), nullable=False),
        sa.Column("opaque", sa.String(64), nullable=False),
        sa.Column("is_ours", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reply_to", sa.String(255), nullable=False),
        sa.Column("reaction", sa.String(16), nullable=False),
        sa.Column("mime_type", sa.String(120), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.UniqueConstraint("tenant_id", "channel_id", "provider_id"),
        tenant_fk("channel_id", "channel"),
        tenant_fk("person_id", "simulator_person"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_simulator_line_person", "simulator_line", ["tenant_id", "person_id", "id"])


def downgrade() -> None:
    for table in ("simulator_line", "simulator_person", "simulator_phone"):
        op.drop_table(table)
