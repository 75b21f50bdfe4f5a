"""Who has a conversation: an agent, a division, nobody. Each change is kept."""

from __future__ import annotations

from core.audit import current_actor, record
from core.errors import Refused
from core.events import (
    ConversationAssigned,
    publish,
)
from core.live import tell
from core.models import (
    Assignment,
    Conversation,
    Division,
    Membership,
)
from core.services import tasks
from core.services.sight import may_hold
from core.tenancy.session import TenantSession
from core.words import say


def assign(
    session: TenantSession, conversation: Conversation, agent: Membership | None, reason: str = ""
) -> None:
    """Give it to an agent, or with None to nobody. Kept in the assignment log."""
    if agent is not None and not agent.is_active:
        raise Refused(
            say("%(agent)s no longer works here: choose somebody else.", agent=agent.name),
            "agent_id",
        )
    if agent is not None and not may_hold(session, agent, conversation.channel_id):
        raise Refused(
            say(
                "%(agent)s doesn't work on %(device)s: allocate the device to them first, or "
                "choose somebody else.",
                agent=agent.name,
                device=str(conversation.channel),
            ),
            "agent_id",
        )
    agent_id = agent.id if agent else None
    before_id = conversation.assignee_id
    if before_id == agent_id:
        return
    conversation.assignee_id = agent_id
    conversation.assignee = agent
    _log(session, conversation, reason or f"By {current_actor().name}.", before_id)


def hand_over(session: TenantSession, conversation: Conversation, division: Division) -> None:
    """Give it to a division; choosing one of its agents is routing's work."""
    if division.archived_at is not None:
        raise Refused(
            say("The division %(division)s is archived.", division=division.name), "division_id"
        )
    before_id = conversation.assignee_id
    conversation.division_id = division.id
    conversation.division = division
    conversation.assignee_id = None
    conversation.assignee = None
    reason = say(
        "Handed over to %(division)s by %(current_actor)s.",
        division=division.name,
        current_actor=current_actor().name,
    )
    _log(session, conversation, reason, before_id)


def _log(
    session: TenantSession, conversation: Conversation, reason: str, before_id: int | None
) -> None:
    actor = current_actor()
    session.add(
        Assignment(
            conversation_id=conversation.id,
            agent_id=conversation.assignee_id,
            division_id=conversation.division_id,
            by_user_id=actor.user_id,
            reason=reason[:300],
        )
    )
    session.flush()
    tasks.follow_assignee(session, [conversation.id])
    record(session, "assign", conversation, {"assignee": (before_id, conversation.assignee_id)})
    publish(
        session,
        ConversationAssigned(
            conversation_id=conversation.id,
            assignee_id=conversation.assignee_id,
            division_id=conversation.division_id,
            before_assignee_id=before_id,
        ),
    )
    tell(session, "conversation", conversation=conversation.id, channel=conversation.channel_id)
