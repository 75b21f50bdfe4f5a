"""What happened to a conversation between its messages: given, handed over, snoozed, closed.

Read from the trail that there is: the assignment log and the audit trail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from core.models import Assignment, AuditEntry, Conversation, Membership
from core.tenancy.session import TenantSession

ACTIONS = ("close", "reopen", "snooze")
MOST = 100


@dataclass(frozen=True)
class LogLine:
    """`what` is assign, take, leave, hand_over, close, reopen or snooze; `key` is unique."""

    key: str
    at: datetime
    what: str
    who: str
    whom: str = ""
    reason: str = ""


def log_lines(
    session: TenantSession,
    conversation: Conversation,
    since: datetime | None,
    until: datetime | None = None,
) -> list[LogLine]:
    """What happened from `since` on, and before `until`; oldest first, at most the last 100."""
    assignments = _between(
        select(Assignment)
        .where(Assignment.conversation_id == conversation.id)
        .options(
            joinedload(Assignment.agent).joinedload(Membership.user),
            joinedload(Assignment.division),
        ),
        Assignment,
        since,
        until,
    )
    entries = _between(
        select(AuditEntry).where(
            AuditEntry.noun == "conversation",
            AuditEntry.row_id == conversation.id,
            AuditEntry.action.in_(ACTIONS),
        ),
        AuditEntry,
        since,
        until,
    )
    given = list(session.scalars(assignments))
    names = _names(session, given)
    lines = [_given(turn, names) for turn in given]
    lines += [
        LogLine(f"e{entry.id}", entry.at, entry.action, entry.actor, whom=_until(entry))
        for entry in session.scalars(entries)
    ]
    return sorted(lines, key=lambda line: line.at)[-MOST:]


def _between(query: Any, kind: Any, since: datetime | None, until: datetime | None) -> Any:
    if since is not None:
        query = query.where(kind.at >= since)
    if until is not None:
        query = query.where(kind.at < until)
    return query.order_by(kind.id.desc()).limit(MOST)


def _given(turn: Assignment, names: dict[int, str]) -> LogLine:
    who = names.get(turn.by_user_id or 0, "")
    whom = turn.agent.name if turn.agent else turn.division.name if turn.division else ""
    if turn.agent is not None:
        what = "take" if turn.agent.user_id == turn.by_user_id else "assign"
    else:
        what = "hand_over" if turn.division is not None else "leave"
    reason = turn.reason if turn.by_user_id is None else ""
    return LogLine(f"a{turn.id}", turn.at, what, who, whom, reason)


def _names(session: TenantSession, given: Sequence[Assignment]) -> dict[int, str]:
    """Who gave it away: user → name."""
    ids = {turn.by_user_id for turn in given if turn.by_user_id is not None}
    if not ids:
        return {}
    found = session.scalars(
        select(Membership).where(Membership.user_id.in_(ids)).options(joinedload(Membership.user))
    )
    return {member.user_id: member.name for member in found}


def _until(entry: AuditEntry) -> str:
    """Until when it is snoozed, as it was recorded; "" for anything else."""
    change = entry.changes.get("snoozed_until")
    return str(change[1]) if isinstance(change, list) and len(change) > 1 else ""
