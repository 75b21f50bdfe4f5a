"""How far a broadcast is: read from its people and from their messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from core.api import Contact, Message, MessageState, TenantSession
from plugins.automation.broadcasts.models import (
    Broadcast,
    LeftOut,
    Recipient,
    RecipientState,
)

PAGE = 50
REASONS = frozenset(LeftOut)
ONLY = frozenset({"", "left_out", "waiting", "failed", *REASONS})
ON_THE_WAY = frozenset({MessageState.QUEUED, MessageState.SENDING})


@dataclass(frozen=True)
class Progress:
    """How many people there are of each kind. `messages` counts by the state of theirs."""

    people: int
    waiting: int
    queued: int
    left_out: dict[LeftOut, int]
    messages: dict[MessageState, int] = field(default_factory=dict)

    @property
    def to_write(self) -> int:
        """Whom it is for, without those left out."""
        return self.waiting + self.queued

    @property
    def done(self) -> int:
        """Whose message has left us, or failed."""
        return self.queued - sum(self.messages.get(state, 0) for state in ON_THE_WAY)

    @property
    def percent(self) -> int:
        return 100 * self.done // self.to_write if self.to_write else 100

    @property
    def failed(self) -> int:
        return self.messages.get(MessageState.FAILED, 0)

    @property
    def excluded(self) -> int:
        return sum(self.left_out.values())


def progress_of(session: TenantSession, broadcast: Broadcast) -> Progress:
    """One statement over the broadcast's people."""
    rows = session.execute(
        select(Recipient.state, Recipient.left_out, Message.state, func.count())
        .outerjoin(Message, Message.id == Recipient.message_id)
        .where(Recipient.broadcast_id == broadcast.id)
        .group_by(Recipient.state, Recipient.left_out, Message.state)
    ).all()
    states: Counter[RecipientState] = Counter()
    left_out: Counter[LeftOut] = Counter()
    messages: Counter[MessageState] = Counter()
    for state, why, message, count in rows:
        states[state] += count
        if state is RecipientState.LEFT_OUT and why is not None:
            left_out[why] += count
        if state is RecipientState.QUEUED and message is not None:
            messages[message] += count
    return Progress(
        people=sum(states.values()),
        waiting=states[RecipientState.WAITING] + states[RecipientState.LISTED],
        queued=states[RecipientState.QUEUED],
        left_out=dict(left_out),
        messages=dict(messages),
    )


def saved_of(broadcast: Broadcast, progress: Progress) -> int:
    """Messages that are not sent because several contacts of the audience are one person."""
    return max(0, broadcast.contacts - progress.people)


def people_of(
    session: TenantSession, broadcast: Broadcast, only: str = "", after: int = 0
) -> Sequence[Recipient]:
    """A page of its people with their messages.

    `only` is left_out, failed, waiting, or a reason for which somebody is left out.
    """
    asked = (
        select(Recipient)
        .where(Recipient.broadcast_id == broadcast.id, Recipient.id > after)
        .options(
            joinedload(Recipient.contact).joinedload(Contact.customer),
            joinedload(Recipient.message),
        )
        .order_by(Recipient.id)
        .limit(PAGE + 1)
    )
    if only == "failed":
        asked = asked.join(Message, Message.id == Recipient.message_id).where(
            Message.state == MessageState.FAILED
        )
    elif only in ("left_out", "waiting"):
        asked = asked.where(Recipient.state == RecipientState(only))
    elif only in REASONS:
        asked = asked.where(Recipient.left_out == LeftOut(only))
    return session.scalars(asked).all()
