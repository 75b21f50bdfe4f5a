"""How long the decision log is kept: each night what is older goes, a piece in each transaction."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from pydantic import BaseModel, Field
from sqlalchemy import delete, select

from core.api import TenantSession, enqueue, periodic, say
from plugins.routing import clock
from plugins.routing.models import Decision, Scene

AT_ONCE = 1000


class RoutingSettings(BaseModel):
    """How long it can be said why somebody got a conversation."""

    keep_days: int = Field(
        180,
        ge=7,
        le=3650,
        title=say("Days that the decision log is kept"),
        description=say("Older decisions go each night; what was assigned stays as it is."),
    )


def settings_of(session: TenantSession) -> RoutingSettings:
    """As the tenant has set them."""
    return cast(RoutingSettings, session.desk.host.settings.of(session, "routing"))


@periodic("routing.tidy", "40 2 * * *", queue="bulk")
def tidy(session: TenantSession, payload: dict[str, Any]) -> None:
    """Take away up to a thousand old decisions, then scenes; a job for the rest."""
    before = clock.now() - timedelta(days=settings_of(session).keep_days)
    if _took(session, Decision, before) or _took(session, Scene, before):
        enqueue(session, "routing.tidy", {})


def _took(session: TenantSession, noun: type[Decision] | type[Scene], before: Any) -> bool:
    """Delete the oldest; True where there may be more."""
    old = select(noun.id).where(noun.at < before).order_by(noun.at, noun.id).limit(AT_ONCE)
    ids = session.scalars(old).all()
    quietly = {"synchronize_session": False}
    session.execute(delete(noun).where(noun.id.in_(ids)), execution_options=quietly)
    return len(ids) == AT_ONCE
