"""What was done to one row, when and by whom: read from the audit trail."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from core.models import AuditEntry, TenantMixin
from core.tenancy.session import TenantSession

MOST = 100


def history_of(session: TenantSession, row: TenantMixin) -> Sequence[AuditEntry]:
    """The last 100 entries about a row, the newest first. One statement."""
    return session.scalars(
        select(AuditEntry)
        .where(AuditEntry.noun == type(row).__name__.lower(), AuditEntry.row_id == row.id)
        .order_by(AuditEntry.id.desc())
        .limit(MOST)
    ).all()
