"""Idempotency keys are kept for a month; a shop that tries for longer than that is a new story."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import delete

from core.jobs.schedule import periodic
from core.models import OrderDelivery
from core.models.base import now
from core.tenancy.session import SystemSession

KEPT = timedelta(days=30)


@periodic("core.forget_order_deliveries", "41 3 * * *", system=True)
def forget_order_deliveries(session: SystemSession, payload: dict[str, Any]) -> None:
    """Delete what is older than 30 days, of every tenant."""
    session.execute(delete(OrderDelivery).where(OrderDelivery.at < now() - KEPT))
