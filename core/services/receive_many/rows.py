"""What a run works on: rows as plain records, read once and written once.

A record without an id is new. `is_changed` marks one that was there and has to be written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from core.inbound import IdentityKind, InboundMessage, MessageKind, MessageState
from core.models import ConversationState, Direction, Sender


@dataclass(slots=True, eq=False)
class CustomerRow:
    """A customer, and the card that its messages on this channel go to."""

    id: int | None
    is_group: bool = False
    card: CardRow | None = None


@dataclass(slots=True, eq=False)
class PersonRow:
    """A contact with what its messages touch."""

    id: int | None
    customer: CustomerRow
    name: str
    phone: str
    email: str
    sources: dict[str, str]
    is_archived: bool = False
    has_opted_out: bool = False
    is_changed: bool = False
    numbers: list[str] = field(default_factory=list)
    """Its phone addresses; of a stored contact only where the channel's filter asks."""
    conversations: list[ConversationRow] = field(default_factory=list)
    """Those on this channel."""
    task: TaskRow | None = None
    """The reply task that is open."""

    @property
    def label(self) -> str | None:
        """What `str(contact)` says, or None where that is the number it doesn't have yet."""
        return self.name or self.phone or self.email or (f"#{self.id}" if self.id else None)


@dataclass(slots=True, eq=False)
class IdentityRow:
    """An address. `rank` sorts as the ids do."""

    id: int | None
    person: PersonRow
    scope: int
    kind: IdentityKind
    address: str
    rank: int
    last_inbound_at: datetime | None = None
    is_changed: bool = False


@dataclass(slots=True, eq=False)
class ConversationRow:
    """A conversation of this channel, with every column that a message may change."""

    id: int | None
    person: PersonRow
    identity_id: int | None
    kind: IdentityKind
    state: ConversationState
    last_at: datetime
    identity: IdentityRow | None = None
    """Where a run pointed it; else `identity_id` holds."""
    assignee_id: int | None = None
    unread: int = 0
    preview: str = ""
    preview_direction: Direction = Direction.IN
    last_inbound_at: datetime | None = None
    waiting_since: datetime | None = None
    window_until: datetime | None = None
    snoozed_until: datetime | None = None
    closed_at: datetime | None = None
    is_changed: bool = False

    def goes_to(self, identity: IdentityRow) -> bool:
        """Whether it is the conversation of this address."""
        if self.identity is not None:
            return self.identity is identity
        return identity.id is not None and self.identity_id == identity.id

    @property
    def left_id(self) -> int | None:
        """The address where the stored row still stands, if the run pointed it elsewhere."""
        is_elsewhere = self.identity is not None and self.identity.id != self.identity_id
        return self.identity_id if is_elsewhere else None


@dataclass(slots=True, eq=False)
class MessageRow:
    """A stored message, or a new one with the item that it came in."""

    id: int | None
    channel_id: int
    stored_conversation_id: int | None
    stored_contact_id: int | None
    uuid: UUID | None
    provider_id: str | None
    direction: Direction
    sender: Sender
    state: MessageState
    body: str
    kind: MessageKind
    is_history: bool
    sent_at: datetime
    delivered_at: datetime | None = None
    read_at: datetime | None = None
    error_class: str = ""
    error_code: str = ""
    error_reason: str = ""
    is_changed: bool = False
    # of a new one
    item: InboundMessage | None = None
    conversation: ConversationRow | None = None
    card: CardRow | None = None
    quoted: MessageRow | None = None

    @property
    def conversation_id(self) -> int:
        """Its conversation's id; of a new message only once that is written."""
        return known(self.conversation.id if self.conversation else self.stored_conversation_id)

    @property
    def contact_id(self) -> int:
        """Its contact's id; of a new message only once that is written."""
        return known(self.conversation.person.id if self.conversation else self.stored_contact_id)


@dataclass(slots=True, eq=False)
class CardRow:
    """A card; of a stored one only the id. `touched_at` orders those of a customer (D8)."""

    id: int | None
    touched_at: datetime | None = None
    person: PersonRow | None = None
    title: str | None = None
    is_changed: bool = False


@dataclass(slots=True, eq=False)
class TaskRow:
    """A reply task; of a stored one only whether it is done."""

    id: int | None
    done_at: datetime | None = None
    title: str | None = None
    deadline: datetime | None = None
    conversation: ConversationRow | None = None
    card: CardRow | None = None
    agent_id: int | None = None
    is_changed: bool = False


@dataclass(slots=True, eq=False)
class EarlyRow:
    """A receipt whose message isn't known yet. `is_spent`: its message came."""

    id: int | None
    provider_id: str
    state: MessageState
    at: datetime
    error: dict[str, str]
    is_spent: bool = False


def known(row_id: int | None) -> int:
    """The id of a row that has been written."""
    assert row_id is not None, "asked for before it was written"  # noqa: S101 - for the checker
    return row_id
