"""The log as people read it: newest first, with what can still be undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from core.api import Contact, MergedContact, MergeEvent, MergeKind, TenantSession, groups
from plugins.merge.services.undoing import UNDOABLE, obstacle_to

PAGE = 30


@dataclass(frozen=True)
class Line:
    """One event with the contacts that it touched; `obstacle` is why Undo can't work, None if it
    can."""

    event: MergeEvent
    contacts: list[Contact]
    obstacle: str | None


@dataclass(frozen=True)
class HistoryPage:
    """Events, newest first; `before` leads to the next page."""

    lines: list[Line]
    before: int | None


def page(
    session: TenantSession, *, customer_id: int | None = None, before: int | None = None
) -> HistoryPage:
    """The history of everybody, or of those who belong to a customer now."""
    query = select(MergeEvent).options(joinedload(MergeEvent.customer))
    if customer_id is not None:
        members = groups.members_of(session, _living(session, customer_id))
        about = select(MergedContact.event_id).where(
            MergedContact.contact_id.in_([each.id for each in members])
        )
        query = query.where(MergeEvent.id.in_(about))
    if before is not None:
        query = query.where(MergeEvent.id < before)
    events = list(session.scalars(query.order_by(MergeEvent.id.desc()).limit(PAGE + 1)))
    more = len(events) > PAGE
    events = events[:PAGE]
    return HistoryPage(_lines(session, events), events[-1].id if more else None)


def latest_undoable(session: TenantSession, customer_id: int) -> MergeEvent | None:
    """The last merge of a customer, where it can still be undone."""
    event = session.scalar(
        select(MergeEvent)
        .where(MergeEvent.customer_id == customer_id, MergeEvent.kind == MergeKind.MERGE)
        .order_by(MergeEvent.id.desc())
        .limit(1)
    )
    return event if event is not None and obstacle_to(session, event) is None else None


def _lines(session: TenantSession, events: Sequence[MergeEvent]) -> list[Line]:
    ids = {int(each) for event in events for each in event.before["contacts"]}
    rows = session.scalars(select(Contact).where(Contact.id.in_(ids)))
    known = {contact.id: contact for contact in rows}
    return [
        Line(
            event,
            [known[int(each)] for each in event.before["contacts"] if int(each) in known],
            obstacle_to(session, event) if event.kind in UNDOABLE else "",
        )
        for event in events
    ]


def _living(session: TenantSession, customer_id: int) -> int:
    return groups.living_ids(session, [customer_id])[customer_id]
