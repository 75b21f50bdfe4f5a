"""Each night: what bots heard long ago goes, a thousand rows in a transaction."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from core.api import TenantSession, delete_rows, enqueue, periodic
from plugins.automation import clock
from plugins.automation.smart_reply.models import Heard

KEPT = timedelta(days=180)
AT_ONCE = 1000


@periodic("automation.tidy_heard", "40 3 * * *")
def tidy(session: TenantSession, payload: dict[str, Any]) -> None:
    """Remove the oldest; a message that old is answered by nobody any more."""
    old = select(Heard.id).where(Heard.created_at < clock.now() - KEPT).limit(AT_ONCE)
    ids = session.scalars(old.order_by(Heard.id)).all()
    delete_rows(session, Heard, [{"id": each} for each in ids])
    if len(ids) == AT_ONCE:
        enqueue(session, "automation.tidy_heard", {})
