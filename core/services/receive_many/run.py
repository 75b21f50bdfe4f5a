"""A run: what is known of its items, what became of them, and what is to be written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from core.events import Event
from core.inbound import Address, IdentityKind
from core.models import ChannelFilter
from core.services.addresses import GLOBAL_KINDS
from core.services.receive_many.rows import (
    CardRow,
    ConversationRow,
    EarlyRow,
    IdentityRow,
    MessageRow,
    PersonRow,
    TaskRow,
)

IdentityKey = tuple[int, IdentityKind, str]


class Unusual(Exception):
    """An item for the one-by-one path. Raised before the item has changed anything."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a run asks of its channel, read once."""

    channel_id: int
    filter: ChannelFilter
    listed: frozenset[str]
    """Every spelling of the numbers on the list *everyone except*."""
    window: timedelta | None
    fetches_names: bool
    """Whether the provider is asked for names that are missing."""
    module_id: int | None
    """The module for unknown senders, where it is in use."""
    first_stage: str
    stop_words: frozenset[str]
    start_words: frozenset[str]


@dataclass(slots=True)
class Known:
    """What the database says about the people and messages of a run."""

    people: dict[int, PersonRow] = field(default_factory=dict)
    identities: dict[IdentityKey, IdentityRow] = field(default_factory=dict)
    messages: dict[str, MessageRow] = field(default_factory=dict)
    """By the provider's id."""
    ours: dict[UUID, MessageRow] = field(default_factory=dict)
    """Messages of ours, by the opaque value that went with them."""
    unanswered: dict[int, list[MessageRow]] = field(default_factory=dict)
    """Messages of ours whose call has no answer yet, by contact: an echo may be of one."""
    early: dict[str, list[EarlyRow]] = field(default_factory=dict)


@dataclass(slots=True)
class Run:
    """The state of one run. Everything is in memory until `write`."""

    line: Line
    known: Known
    moment: datetime
    people: list[PersonRow] = field(default_factory=list)
    identities: list[IdentityRow] = field(default_factory=list)
    conversations: list[ConversationRow] = field(default_factory=list)
    anew: dict[PersonRow, IdentityRow] = field(default_factory=dict)
    """Who is new or comes back, by the address that a missing name is asked for by."""
    cards: list[CardRow] = field(default_factory=list)
    messages: list[MessageRow] = field(default_factory=list)
    tasks: list[TaskRow] = field(default_factory=list)
    early: list[EarlyRow] = field(default_factory=list)
    changed: dict[object, None] = field(default_factory=dict)
    """Stored rows that changed, in the order in which they first did."""
    counts: Counter[str] = field(default_factory=Counter)
    events: list[Callable[[], Event]] = field(default_factory=list)
    """Made once every row has its id."""
    told: dict[object, Callable[[], tuple[str, dict[str, int]]]] = field(default_factory=dict)
    """What pages hear, once for each key."""
    last_inbound_at: datetime | None = None

    def key_of(self, address: Address) -> IdentityKey:
        """Where an address stands in `known.identities`."""
        scope = 0 if address.kind in GLOBAL_KINDS else self.line.channel_id
        return (scope, address.kind, address.value)

    def change(
        self,
        row: PersonRow | IdentityRow | ConversationRow | MessageRow | CardRow | TaskRow,
    ) -> None:
        """Note that `row` has to be written; a new one is written anyway."""
        if row.id is not None and not row.is_changed:
            row.is_changed = True
            self.changed[row] = None
