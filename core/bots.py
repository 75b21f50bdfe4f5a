"""What plugins bring to answer customers by themselves: bots.

The plugin `automation` decides whether a bot may speak at all (its device, quiet hours, a person in
the conversation, a loop), sends what it says and keeps why. A bot only thinks, on plain values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from core.inbound import MessageKind

if TYPE_CHECKING:
    from core.automation import Ask
    from core.outbound import OutboundClient
    from core.tenancy.session import TenantSession


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a conversation; `is_ours`: a bot, a rule or a person of the business wrote."""

    is_ours: bool
    text: str


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A customer's message that a bot may answer. No row hangs on it: no transaction is open.

    `past`: what was said before, the newest last. `is_first`: the bot hasn't spoken since the
    conversation began, or began anew. `memory`: what its last answer gave it to remember.
    `settings`: what `prepare` read. `variables`: what a text's `{contactname}` stands for. `key`
    is the same when the turn is taken again after a crash. `http` reaches the outside; None while
    somebody only tries the bot out.
    """

    text: str
    kind: MessageKind = MessageKind.TEXT
    past: Sequence[Said] = ()
    is_first: bool = True
    memory: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    http: OutboundClient | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a bot says and does. `why` is one sentence (`say`) for the history.

    `memory` (JSON) replaces what it remembered of the conversation. With `division_id` the
    conversation is handed over after the text, and the bot is silent; `closes` closes it.
    """

    text: str = ""
    why: Any = ""
    memory: Mapping[str, Any] = field(default_factory=dict)
    division_id: int | None = None
    closes: bool = False


class Bot(Protocol):
    """One way to answer. `name` is stored; `label`, `hint` and `icon` (Tabler's name) are shown."""

    name: str
    label: Any
    hint: Any
    icon: str

    def asks(self, session: TenantSession) -> Sequence[Ask]:
        """The fields of its form."""
        ...

    def check(self, session: TenantSession, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values as they are stored. Raises Refused or Invalid, with the field."""
        ...

    def prepare(self, session: TenantSession, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """What `answer` has to know, read before it: stored values, the plugin's settings …"""
        ...

    def answer(self, turn: Turn) -> Answer | None:
        """What to say; None: nothing. Runs outside any transaction, within a minute, so it may call
        a provider through `turn.http`. Where it raises it is asked again, three times in all."""
        ...
