"""The sync's tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(JSONB(), "postgresql")
KINDS = ("manual", "automatic", "push", "file")
LEAVING = ("keep", "remove")
STATES = (
    "listing",
    "applying",
    "planned",
    "done",
    "failed",
    "discarded",
    "undoing",
    "undone",
)


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


def choice(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, native_enum=False, create_constraint=True, length=24, name=name)


def counts(*names: str) -> list[sa.schema.SchemaItem]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "sync_device",
        *tenant_key(),
        sa.Column("channel_id", sa.Integer(), nullable=True),
        sa.Column("file_name", sa.String(120), nullable=True),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.Column("last_at", MOMENT, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("stopped", sa.String(500), nullable=False),
        sa.Column("leaves", choice("leaving_choice", LEAVING), nullable=True),
        sa.UniqueConstraint("tenant_id", "channel_id"),
        sa.UniqueConstraint("tenant_id", "file_name"),
        tenant_fk("channel_id", "channel"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sync_device_next", "sync_device", ["tenant_id", "next_at"])
    op.create_table(
        "sync_run",
        *tenant_key(),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("active_device_id", sa.Integer(), nullable=True),
        sa.Column("kind", choice("runkind_choice", KINDS), nullable=False),
        sa.Column("state", choice("runstate_choice", STATES), nullable=False),
        sa.Column("is_preview", sa.Boolean(), nullable=False),
        sa.Column("asked_by", sa.String(80), nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("reason", sa.String(500), nullable=False),
        *counts("total", "done", "indexed_to", "listed", "added", "changed", "refused", "gone"),
        *counts("removed", "restored", "kept"),
        sa.UniqueConstraint("tenant_id", "active_device_id"),
        tenant_fk("device_id", "sync_device"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sync_run_device", "sync_run", ["tenant_id", "device_id", "id"])
    op.create_table(
        "sync_entry",
        *tenant_key(),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("refusal", sa.String(24), nullable=False),
        sa.Column("raw", sa.String(300), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("is_gone", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("tenant_id", "device_id", "key"),
        tenant_fk("device_id", "sync_device"),
        tenant_fk("contact_id", "contact"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sync_entry_contact", "sync_entry", ["tenant_id", "contact_id"])
    op.create_index(
        "ix_sync_entry_refusal", "sync_entry", ["tenant_id", "device_id", "refusal", "id"]
    )
    op.create_table(
        "sync_staged",
        *tenant_key(),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("said", JSON, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("is_removal", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(12), nullable=False),
        sa.Column("refusal", sa.String(24), nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.UniqueConstraint("tenant_id", "device_id", "key"),
        tenant_fk("device_id", "sync_device"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_sync_staged_run", "sync_staged", ["tenant_id", "run_id", "outcome", "position"]
    )
    op.create_table(
        "sync_change",
        *tenant_key(),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("is_added", sa.Boolean(), nullable=False),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("fate", sa.String(12), nullable=False),
        sa.Column("why", sa.String(24), nullable=False),
        tenant_fk("run_id", "sync_run"),
        tenant_fk("contact_id", "contact"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sync_change_run", "sync_change", ["tenant_id", "run_id", "fate", "id"])
    op.create_index("ix_sync_change_contact", "sync_change", ["tenant_id", "contact_id"])
    op.create_table(
        "sync_upload",
        *tenant_key(),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(160), nullable=False),
        sa.Column("format", sa.String(8), nullable=False),
        sa.Column("columns", JSON, nullable=False),
        sa.Column("has_header", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        tenant_fk("device_id", "sync_device"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sync_upload_device", "sync_upload", ["tenant_id", "device_id"])


def downgrade() -> None:
    for table in ("upload", "change", "staged", "entry", "run", "device"):
        op.drop_table(f"sync_{table}")
