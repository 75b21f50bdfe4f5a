"""Rules, and each time that one was asked."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
STATES = ("scheduled", "done", "skipped", "failed", "stopped", "cancelled")


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
        "automation_rule",
        *tenant_key(),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("trigger", sa.String(60), nullable=False),
        sa.Column("asks", JSON, nullable=False),
        sa.Column("conditions", JSON, nullable=False),
        sa.Column("steps", JSON, nullable=False),
        sa.Column("delay_minutes", sa.Integer(), nullable=False),
        sa.Column("at_time", sa.String(5), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("seed", sa.String(40), nullable=False),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_automation_rule_trigger", "automation_rule", ["tenant_id", "trigger"])
    state = sa.Enum(
        *STATES, name="runstate_choice", native_enum=False, create_constraint=True, length=24
    )
    op.create_table(
        "automation_run",
        *tenant_key(),
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("trigger", sa.String(60), nullable=False),
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("episode", sa.String(60), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("state", state, nullable=False),
        sa.Column("given", JSON, nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("steps", JSON, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("wall", sa.String(16), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("trace", JSON, nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.UniqueConstraint("tenant_id", "rule_id", "subject", "episode"),
        tenant_fk("rule_id", "automation_rule"),
        tenant_fk("contact_id", "contact"),
        sqlite_autoincrement=True,
    )
    due = sa.text("state = 'scheduled'")
    op.create_index(
        "ix_automation_run_due",
        "automation_run",
        ["tenant_id", "due_at", "id"],
        sqlite_where=due,
        postgresql_where=due,
    )
    op.create_index(
        "ix_automation_run_contact", "automation_run", ["tenant_id", "contact_id", "id"]
    )
    op.create_index("ix_automation_run_subject", "automation_run", ["tenant_id", "subject"])
    op.create_index("ix_automation_run_message", "automation_run", ["tenant_id", "message_id"])


def downgrade() -> None:
    op.drop_table("automation_run")
    op.drop_table("automation_rule")
