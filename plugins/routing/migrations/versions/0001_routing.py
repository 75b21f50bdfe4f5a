"""Routing's tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def tenant_key() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("tenant_id", sa.Integer(), sa.ForeignKey("tenant.id"), nullable=False),
        sa.UniqueConstraint("tenant_id", "id"),
    ]


def tenant_fk(
    column: str, target: str, ondelete: str | None = "CASCADE"
) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column], [f"{target}.tenant_id", f"{target}.id"], ondelete=ondelete
    )


def number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, MOMENT, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "routing_setting",
        *tenant_key(),
        sa.Column("name", sa.String(80), nullable=False),
        number("channel_id"),
        sa.Column("is_sticky", sa.Boolean(), nullable=False),
        number("idle_minutes", nullable=True),
        sa.Column("policy", sa.String(40), nullable=False),
        moment("created_at"),
        moment("updated_at"),
        sa.UniqueConstraint("tenant_id", "channel_id"),
        sa.CheckConstraint("idle_minutes IS NULL OR idle_minutes >= 5", name="routing_idle_least"),
        tenant_fk("channel_id", "channel"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "routing_agent",
        *tenant_key(),
        number("member_id"),
        number("weight"),
        sa.Column("hours", JSON, nullable=False),
        sa.UniqueConstraint("tenant_id", "member_id"),
        sa.CheckConstraint("weight >= 1", name="routing_weight_least"),
        tenant_fk("member_id", "membership"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "routing_case",
        *tenant_key(),
        number("conversation_id"),
        number("channel_id"),
        number("contact_id"),
        sa.Column("state", sa.String(12), nullable=False),
        moment("since"),
        number("agent_id", nullable=True),
        moment("held_at", nullable=True),
        moment("clock_at", nullable=True),
        sa.Column("tried", JSON, nullable=False),
        number("hops"),
        number("wants_id", nullable=True),
        number("completed_by_id", nullable=True),
        moment("completed_at", nullable=True),
        sa.UniqueConstraint("tenant_id", "conversation_id"),
        tenant_fk("conversation_id", "conversation"),
        tenant_fk("channel_id", "channel"),
        tenant_fk("contact_id", "contact"),
        tenant_fk("agent_id", "membership", None),
        tenant_fk("wants_id", "membership", None),
        tenant_fk("completed_by_id", "membership", None),
        sqlite_autoincrement=True,
    )
    queued = sa.text("state = 'queued'")
    op.create_index(
        "ix_routing_case_queued",
        "routing_case",
        ["tenant_id", "since", "id"],
        sqlite_where=queued,
        postgresql_where=queued,
    )
    op.create_index(
        "ix_routing_case_contact", "routing_case", ["tenant_id", "contact_id", "channel_id"]
    )
    op.create_table(
        "routing_memory",
        *tenant_key(),
        number("channel_id"),
        sa.Column("policy", sa.String(40), nullable=False),
        sa.Column("memory", JSON, nullable=False),
        sa.UniqueConstraint("tenant_id", "channel_id", "policy"),
        tenant_fk("channel_id", "channel"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "routing_scene",
        *tenant_key(),
        moment("at"),
        sa.Column("agents", JSON, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_routing_scene_at", "routing_scene", ["tenant_id", "at"])
    op.create_table(
        "routing_decision",
        *tenant_key(),
        number("conversation_id"),
        number("channel_id"),
        number("division_id", nullable=True),
        number("agent_id", nullable=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("policy", sa.String(40), nullable=False),
        moment("since"),
        moment("at"),
        moment("ended_at", nullable=True),
        number("scene_id", nullable=True),
        number("place"),
        sa.Column("tried", JSON, nullable=False),
        tenant_fk("conversation_id", "conversation"),
        tenant_fk("channel_id", "channel"),
        tenant_fk("division_id", "division", None),
        tenant_fk("agent_id", "membership", None),
        tenant_fk("scene_id", "routing_scene", None),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_routing_decision_scene", "routing_decision", ["tenant_id", "scene_id", "place"]
    )
    op.create_index(
        "ix_routing_decision_conversation",
        "routing_decision",
        ["tenant_id", "conversation_id", "id"],
    )
    op.create_index("ix_routing_decision_at", "routing_decision", ["tenant_id", "at"])
    op.create_table(
        "routing_rotator",
        *tenant_key(),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("slug", sa.String(60), nullable=False),
        sa.Column("greeting", sa.String(300), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), sa.ForeignKey("ab_user.id"), nullable=True),
        moment("created_at"),
        moment("updated_at"),
        sa.UniqueConstraint("slug"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "routing_target",
        *tenant_key(),
        number("rotator_id"),
        number("channel_id"),
        number("weight"),
        number("dealt"),
        number("clicks"),
        sa.UniqueConstraint("tenant_id", "rotator_id", "channel_id"),
        sa.CheckConstraint("weight >= 1", name="routing_target_weight_least"),
        tenant_fk("rotator_id", "routing_rotator"),
        tenant_fk("channel_id", "channel"),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    for table in ("target", "rotator", "decision", "scene", "memory", "case", "agent", "setting"):
        op.drop_table(f"routing_{table}")
