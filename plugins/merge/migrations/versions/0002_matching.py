"""Keys, entries, pairs that may be one person, and the weights that a night found."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
KEY = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "merge_match_key",
        _tenant(),
        sa.Column("key", KEY, primary_key=True),
        sa.Column("contact_id", sa.Integer(), primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "merge_match_crowd",
        _tenant(),
        sa.Column("key", KEY, primary_key=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "merge_match_entry",
        _tenant(),
        sa.Column("contact_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("entry", JSON, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "merge_match_pair",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("tenant_id", sa.Integer(), sa.ForeignKey("tenant.id"), nullable=False),
        sa.UniqueConstraint("tenant_id", "id"),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("bits", sa.Double(), nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.Column("skipped_at", MOMENT, nullable=True),
        sa.UniqueConstraint("tenant_id", "contact_id", "other_id"),
        _contact("contact_id"),
        _contact("other_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_merge_match_pair_other", "merge_match_pair", ["tenant_id", "other_id"])
    op.create_index(
        "ix_merge_match_pair_bits", "merge_match_pair", ["tenant_id", sa.text("bits DESC"), "id"]
    )
    op.create_table(
        "merge_match_model",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("tenant_id", sa.Integer(), sa.ForeignKey("tenant.id"), nullable=False),
        sa.UniqueConstraint("tenant_id", "id"),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.Column("pairs", sa.Integer(), nullable=False),
        sa.Column("weights", JSON, nullable=False),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    for table in ("model", "pair", "entry", "crowd", "key"):
        op.drop_table(f"merge_match_{table}")


def _tenant() -> sa.Column[int]:
    return sa.Column(
        "tenant_id",
        sa.Integer(),
        primary_key=True,
        autoincrement=False,
    )


def _contact(column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column], ["contact.tenant_id", "contact.id"], ondelete="CASCADE"
    )
