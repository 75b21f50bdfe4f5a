"""What happens to a conversation: opened, noted, assigned, handed over, closed, reopened, read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from core.audit import SYSTEM, current_actor, record
from core.errors import NotFound, Refused
from core.events import (
    ConversationAssigned,
    ConversationClosed,
    ConversationOpened,
    publish,
)
from core.inbound import MessageKind, MessageState
from core.jobs.outbox import enqueue
from core.live import tell
from core.models import (
    Assignment,
    Channel,
    Conversation,
    ConversationState,
    Direction,
    Division,
    Identity,
    Membership,
    Message,
    Sender,
)
from core.models.base import now
from core.services.mentions import call
from core.services.tasks import close_reply_task
from core.tenancy.session import TenantSession

PREVIEW_CHARACTERS = 160


def find_or_open(
    session: TenantSession,
    channel: Channel,
    identities: list[Identity],
    *,
    state: ConversationState = ConversationState.OPEN,
    at: datetime | None = None,
) -> Conversation:
    """The conversation of one of `identities` on `channel`; a new one with the first of them.

    A person who wrote by number and now by username alone (BSUID), or the other way round, goes on
    in the conversation there is: both are one account. `state` and `at` are a new one's.
    """
    conversation = _of_identities(session, channel, identities) or _of_alias(
        session, channel, identities
    )
    if conversation is not None:
        return conversation
    conversation = Conversation(
        channel_id=channel.id,
        identity_id=identities[0].id,
        contact_id=identities[0].contact_id,
        state=state,
        closed_at=now() if state is ConversationState.CLOSED else None,
        last_at=at or now(),
    )
    session.add(conversation)
    session.flush()
    return conversation


def of(session: TenantSession, channel: Channel, identity: Identity) -> Conversation | None:
    """The conversation of one address on `channel`."""
    return _of_identities(session, channel, [identity])


def answer_to(session: TenantSession, conversation: Conversation, identity: Identity) -> None:
    """Point a conversation at the address that was seen last: replies go there.

    Not where another conversation of the channel is that address's own.
    """
    if conversation.identity_id == identity.id:
        return
    taken = session.scalar(
        select(Conversation.id).where(
            Conversation.channel_id == conversation.channel_id,
            Conversation.identity_id == identity.id,
        )
    )
    if taken is None:
        conversation.identity_id = identity.id
        conversation.identity = identity
        session.flush()


def _of_identities(
    session: TenantSession, channel: Channel, identities: list[Identity]
) -> Conversation | None:
    return session.scalar(
        select(Conversation)
        .where(
            Conversation.channel_id == channel.id,
            Conversation.identity_id.in_([identity.id for identity in identities]),
        )
        .order_by(Conversation.last_at.desc())
        .limit(1)
    )


def _of_alias(
    session: TenantSession, channel: Channel, identities: list[Identity]
) -> Conversation | None:
    """The contact's conversation on this channel, when an address of another kind leads it."""
    return session.scalar(
        select(Conversation)
        .join(Identity, Identity.id == Conversation.identity_id)
        .where(
            Conversation.channel_id == channel.id,
            Conversation.contact_id == identities[0].contact_id,
            Identity.kind.not_in({identity.kind for identity in identities}),
        )
        .order_by(Conversation.last_at.desc())
        .limit(1)
    )


def touch(session: TenantSession, conversation: Conversation, message: Message) -> None:
    """Carry a new message onto its conversation: preview, order, unread, waiting."""
    if message.direction is Direction.INTERNAL:
        return
    if conversation.preview and message.sent_at < conversation.last_at and message.is_history:
        return
    # a conversation that begins with old history is as old as that, not as its row
    is_first = not conversation.preview
    conversation.preview = preview_of(message)
    conversation.preview_direction = message.direction
    conversation.last_at = (
        message.sent_at if is_first else max(conversation.last_at, message.sent_at)
    )
    tell(session, "conversation", conversation=conversation.id)


def preview_of(message: Message) -> str:
    """One line for the list: the text, else what kind of thing came."""
    text = " ".join(message.body.split())
    if not text and message.kind is not MessageKind.TEXT:
        text = f"[{message.kind.value}]"
    return text[:PREVIEW_CHARACTERS]


def reopen(session: TenantSession, conversation: Conversation) -> None:
    """Open a closed or snoozed conversation again."""
    if conversation.state is ConversationState.OPEN:
        return
    was_closed = conversation.state is ConversationState.CLOSED
    conversation.state = ConversationState.OPEN
    conversation.snoozed_until = None
    conversation.closed_at = None
    session.flush()
    if current_actor() is not SYSTEM:
        record(session, "reopen", conversation)
    if was_closed:
        publish(session, opened(conversation, is_reopened=True))
    tell(session, "conversation", conversation=conversation.id)


def close(session: TenantSession, conversation: Conversation) -> None:
    """Done, until the customer writes again. Its reply task ends too."""
    if conversation.state is ConversationState.CLOSED:
        return
    conversation.state = ConversationState.CLOSED
    conversation.closed_at = now()
    conversation.waiting_since = None
    conversation.unread = 0
    session.flush()
    close_reply_task(session, conversation, now())
    record(session, "close", conversation)
    publish(
        session,
        ConversationClosed(conversation_id=conversation.id, contact_id=conversation.contact_id),
    )
    tell(session, "conversation", conversation=conversation.id)


def snooze(session: TenantSession, conversation: Conversation, until: datetime) -> None:
    """Out of the way until a time; an inbound message brings it back earlier."""
    if until <= now():
        raise Refused("Choose a time in the future.", "until")
    conversation.state = ConversationState.PENDING
    conversation.snoozed_until = until
    session.flush()
    record(session, "snooze", conversation, {"snoozed_until": ("", until.isoformat())})
    enqueue(session, "core.wake", {"conversation_id": conversation.id}, due_at=until)
    tell(session, "conversation", conversation=conversation.id)


def wake(session: TenantSession, payload: dict[str, Any]) -> None:
    """Bring a snoozed conversation back, unless it was snoozed anew or taken up meanwhile."""
    conversation = session.get(Conversation, payload["conversation_id"])
    if conversation is None or conversation.state is not ConversationState.PENDING:
        return
    if conversation.snoozed_until is not None and conversation.snoozed_until <= now():
        reopen(session, conversation)


def mark_read(session: TenantSession, conversation: Conversation) -> None:
    """Somebody looked at it."""
    if conversation.unread:
        conversation.unread = 0
        session.flush()
        tell(session, "conversation", conversation=conversation.id)


def assign(
    session: TenantSession, conversation: Conversation, agent: Membership | None, reason: str = ""
) -> None:
    """Give it to an agent, or with None to nobody. Kept in the assignment log."""
    if agent is not None and not agent.is_active:
        raise Refused(f"{agent.name} no longer works here: choose somebody else.", "agent_id")
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
        raise Refused(f"The division {division.name} is archived.", "division_id")
    before_id = conversation.assignee_id
    conversation.division_id = division.id
    conversation.division = division
    conversation.assignee_id = None
    conversation.assignee = None
    reason = f"Handed over to {division.name} by {current_actor().name}."
    _log(session, conversation, reason, before_id)


def add_note(
    session: TenantSession, conversation: Conversation, text: str, author: Membership | None
) -> Message:
    """A note for the team: the customer never sees it. Whom it names by `@Name` is told."""
    if not text.strip():
        raise Refused("Write the note first.", "text")
    message = Message(
        conversation_id=conversation.id,
        channel_id=conversation.channel_id,
        contact_id=conversation.contact_id,
        author_id=author.id if author else None,
        direction=Direction.INTERNAL,
        sender=Sender.AGENT,
        kind=MessageKind.NOTE,
        state=MessageState.RECEIVED,
        body=text,
    )
    session.add(message)
    session.flush()
    call(session, message)
    tell(session, "message", conversation=conversation.id, message=message.id)
    return message


def get(session: TenantSession, conversation_id: int) -> Conversation:
    """One of this tenant's conversations. Raises NotFound."""
    conversation = session.get(Conversation, conversation_id)
    if conversation is None:
        raise NotFound("There is no such conversation.")
    return conversation


def opened(conversation: Conversation, *, is_reopened: bool) -> ConversationOpened:
    """The event that a conversation began, or began again."""
    return ConversationOpened(
        conversation_id=conversation.id,
        contact_id=conversation.contact_id,
        channel_id=conversation.channel_id,
        is_reopened=is_reopened,
    )


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
    tell(session, "conversation", conversation=conversation.id)
