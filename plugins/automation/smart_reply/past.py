"""What bots were asked and did: for the history and the list's counts."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from core.api import TenantSession, say
from plugins.automation import clock
from plugins.automation.smart_reply.models import Heard, HeardState

SHOWN = 50
COUNTED = timedelta(days=30)
STATES = {
    HeardState.WAITING: say("Being answered"),
    HeardState.ANSWERED: say("Answered"),
    HeardState.SILENT: say("Silent"),
    HeardState.FAILED: say("Not answered"),
}
COLOURS = {
    HeardState.WAITING: "blue",
    HeardState.ANSWERED: "green",
    HeardState.SILENT: "secondary",
    HeardState.FAILED: "red",
}


def heard(
    session: TenantSession,
    *,
    reply_id: int | None = None,
    state: str = "",
    before: int | None = None,
) -> list[Heard]:
    """A page of the history, the newest first; `before` is the last id of the page before.

    Joined to the conversation, so that agents find those of their own devices only.
    """
    query = (
        select(Heard)
        .join(Heard.conversation)
        .options(
            joinedload(Heard.smart_reply),
            joinedload(Heard.contact),
            joinedload(Heard.message),
            joinedload(Heard.answer),
        )
    )
    if reply_id is not None:
        query = query.where(Heard.smart_reply_id == reply_id)
    if state in {each.value for each in HeardState}:
        query = query.where(Heard.state == HeardState(state))
    if before is not None:
        query = query.where(Heard.id < before)
    return list(session.scalars(query.order_by(Heard.id.desc()).limit(SHOWN)))


def tallies(session: TenantSession) -> dict[int, dict[str, int]]:
    """Smart reply → state → how often in the last 30 days, in one statement."""
    rows = session.execute(
        select(Heard.smart_reply_id, Heard.state, func.count(Heard.id))
        .where(Heard.created_at > clock.now() - COUNTED)
        .group_by(Heard.smart_reply_id, Heard.state)
    )
    found: dict[int, dict[str, int]] = {}
    for reply_id, state, count in rows:
        found.setdefault(reply_id, {})[state.value] = count
    return found
