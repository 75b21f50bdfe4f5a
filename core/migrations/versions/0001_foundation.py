"""The foundation: FAB's users and roles, and the core's nouns."""

from __future__ import annotations

from alembic import op

from core.migrations.foundation import (
    channels,
    conversations,
    open_counts,
    orders,
    people,
    team,
    tenants,
    users,
    work,
)

revision = "0001"
down_revision = None

AREAS = (users, tenants, work, team, channels, people, conversations, orders)
"""In the order of their foreign keys."""


def upgrade() -> None:
    for area in AREAS:
        area.create()
    open_counts.count_open_conversations()
    op.execute("INSERT INTO security_version (id, version) VALUES (1, 1)")


def downgrade() -> None:
    for area in reversed(AREAS):
        for table in reversed(area.TABLES):
            op.drop_table(table)
    open_counts.forget()
