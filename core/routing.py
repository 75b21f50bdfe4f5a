"""What plugins bring to the distribution of conversations: policies, and criteria of divisions.

The plugin `routing` does the distributing; these are the shapes in which others extend it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from core.models import Conversation, Message
    from core.tenancy.session import TenantSession


@dataclass(slots=True)
class Candidate:
    """An agent who may be given the conversation at hand: there, allocated, with room.

    `open_count` of `capacity` conversations are theirs now, with what was just decided. `weight` is
    what the admin gave them.
    """

    member_id: int
    name: str
    open_count: int
    capacity: int
    weight: int = 1


class RoutingPolicy(Protocol):
    """How one of several candidates is chosen.

    `name` is stored, `label` and `hint` are shown (translated).
    """

    name: str
    label: Any
    hint: Any

    def choose(
        self, candidates: Sequence[Candidate], memory: dict[str, Any], at: datetime
    ) -> Candidate:
        """One of `candidates`, of which there is at least one; they come by their ids.

        `memory` is the policy's own for this channel, kept as JSON from one choice to the next;
        choices of a tenant come one after another. Calls nobody: it runs in a transaction.
        """
        ...

    def reason(self, chosen: Candidate) -> str:
        """Why, in one sentence (`say`) about `chosen` as it was chosen: kept, told later."""
        ...


@dataclass(frozen=True, slots=True)
class Arrival:
    """A conversation that wants a division: how it began, and what the customer wrote."""

    conversation: Conversation
    message: Message | None
    labels: frozenset[str]
    local_time: datetime
    """On the tenant's clock."""


class DivisionCriterion(Protocol):
    """Something about an arriving conversation that a division's rules may ask.

    `name` is stored, `label` is shown (translated). `choices` says which values there are, as
    (value, words), for a list to choose from; None: a person types the value.
    """

    name: str
    label: Any
    hint: Any

    def choices(self, session: TenantSession) -> Sequence[tuple[str, str]] | None:
        """The values that can be chosen."""
        ...

    def check(self, value: str) -> str:
        """The value as it is stored. Raises Refused with a sentence where it can't be read."""
        ...

    def matches(self, arrival: Arrival, value: str) -> bool:
        """Whether the conversation meets `value`."""
        ...
