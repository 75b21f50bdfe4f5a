"""Which division an arriving conversation goes to: the first whose rules it meets (C6).

`Division.rules` is a list of `{"criterion": …, "value": …}` in order. A conversation meets a
division when it meets all of its rules; divisions are asked by name, one without rules never.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from core.api import (
    Arrival,
    Conversation,
    Direction,
    Division,
    DivisionCriterion,
    Message,
    TenantSession,
    tenant_of,
)
from plugins.routing import clock

MOST_RULES = 20


def criteria(session: TenantSession) -> dict[str, DivisionCriterion]:
    """The criteria of the plugins that are on, by name."""
    host = session.desk.host
    return host.division_criteria(host.switches.enabled(session))


def division_for(session: TenantSession, conversation: Conversation) -> Division | None:
    """The division whose rules the conversation meets; None: any agent of its device."""
    living = select(Division).where(Division.archived_at.is_(None)).order_by(Division.name)
    ruled = [division for division in session.scalars(living) if division.rules]
    if not ruled:
        return None
    known, arrival = criteria(session), arrival_of(session, conversation)
    return next(
        (one for one in ruled if all(_meets(known, arrival, rule) for rule in one.rules)), None
    )


def arrival_of(session: TenantSession, conversation: Conversation) -> Arrival:
    """What the rules look at: who wrote, what they wrote first, and what time it is there."""
    written = (
        select(Message)
        .where(Message.conversation_id == conversation.id, Message.direction == Direction.IN)
        .where(Message.is_history.is_(False))
    )
    if conversation.waiting_since is not None:
        written = written.where(Message.created_at >= conversation.waiting_since)
    labels = {
        label.name.casefold()
        for contact in conversation.contact.customer.contacts
        for label in contact.labels
    }
    return Arrival(
        conversation=conversation,
        message=session.scalar(written.order_by(Message.id).limit(1)),
        labels=frozenset(labels),
        local_time=clock.now().astimezone(ZoneInfo(tenant_of(session).time_zone)),
    )


def _meets(
    known: Mapping[str, DivisionCriterion], arrival: Arrival, rule: Mapping[str, Any]
) -> bool:
    criterion = known.get(str(rule.get("criterion")))
    if criterion is None:
        return False  # its plugin is off: nobody can tell
    return criterion.matches(arrival, str(rule.get("value", "")))
