"""Smart replies, their devices, and what they heard."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
STATES = ("waiting", "answered", "silent", "failed")


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


def number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, MOMENT, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "automation_smart_reply",
        *tenant_key(),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("bot", sa.String(60), nullable=False),
        sa.Column("settings", JSON, nullable=False),
        sa.Column("hours", JSON, nullable=False),
        number("rest_hours"),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        moment("archived_at", nullable=True),
        moment("created_at"),
        moment("updated_at"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "automation_smart_reply_place",
        *tenant_key(),
        number("smart_reply_id"),
        number("channel_id"),
        sa.UniqueConstraint("tenant_id", "channel_id"),
        tenant_fk("smart_reply_id", "automation_smart_reply"),
        tenant_fk("channel_id", "channel"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "automation_bot_talk",
        *tenant_key(),
        number("conversation_id"),
        sa.Column("memory", JSON, nullable=False),
        moment("since"),
        number("answers"),
        moment("left_at", nullable=True),
        sa.Column("left_why", sa.String(300), nullable=False),
        sa.UniqueConstraint("tenant_id", "conversation_id"),
        tenant_fk("conversation_id", "conversation"),
        sqlite_autoincrement=True,
    )
    state = sa.Enum(
        *STATES, name="heardstate_choice", native_enum=False, create_constraint=True, length=24
    )
    op.create_table(
        "automation_bot_heard",
        *tenant_key(),
        number("smart_reply_id"),
        number("conversation_id"),
        number("contact_id"),
        number("message_id"),
        number("answer_id", nullable=True),
        sa.Column("state", state, nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        moment("created_at"),
        moment("ended_at", nullable=True),
        sa.UniqueConstraint("tenant_id", "message_id"),
        tenant_fk("smart_reply_id", "automation_smart_reply"),
        tenant_fk("conversation_id", "conversation"),
        tenant_fk("contact_id", "contact"),
        sqlite_autoincrement=True,
    )
    for name, columns in (
        ("talk", ["tenant_id", "conversation_id", "id"]),
        ("reply", ["tenant_id", "smart_reply_id", "id"]),
        ("contact", ["tenant_id", "contact_id"]),
    ):
        op.create_index(f"ix_automation_bot_heard_{name}", "automation_bot_heard", columns)


def downgrade() -> None:
    for table in ("bot_heard", "bot_talk", "smart_reply_place", "smart_reply"):
        op.drop_table(f"automation_{table}")
