"""Contacts that a provider says are one account, and the mornings' digests."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "merge_match_link",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("tenant_id", sa.Integer(), sa.ForeignKey("tenant.id"), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("tenant_id", "id"),
        sa.UniqueConstraint("tenant_id", "contact_id", "other_id"),
        *(
            sa.ForeignKeyConstraint(
                ["tenant_id", name], ["contact.tenant_id", "contact.id"], ondelete="CASCADE"
            )
            for name in ("contact_id", "other_id")
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "merge_digest",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("tenant_id", sa.Integer(), sa.ForeignKey("tenant.id"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merges", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("tenant_id", "id"),
        sa.UniqueConstraint("tenant_id", "due_at"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_merge_match_link_other", "merge_match_link", ["tenant_id", "other_id"])


def downgrade() -> None:
    op.drop_table("merge_digest")
    op.drop_table("merge_match_link")
