"""What plugins bring to automated actions: triggers, conditions and actions.

The plugin `automation` keeps the rules and runs them; these are the shapes in which others extend
it, and `fire` is how a trigger of their own goes off.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from core.events import TriggerFired, publish

if TYPE_CHECKING:
    from core.models import Contact, Conversation, Message, Order
    from core.tenancy.session import TenantSession

Choices = Sequence[tuple[str, Any]]
"""(value as it is stored, words for a person)."""


class Part(StrEnum):
    """What a rule may look at. Every scene has a contact; the others where the trigger has them."""

    CONTACT = "contact"
    ORDER = "order"
    CONVERSATION = "conversation"
    MESSAGE = "message"


@dataclass
class Scene:
    """What a rule looks at: the trigger's subject and what belongs to it.

    `variables`: the trigger's own, for templates. `run_id` tells one run from every other, as an
    idempotency key does; 0 while somebody only tries a rule out.
    """

    session: TenantSession
    contact: Contact
    order: Order | None = None
    conversation: Conversation | None = None
    message: Message | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    run_id: int = 0

    def has(self, part: Part) -> bool:
        """Whether this part is there."""
        return getattr(self, part.value) is not None


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A value that a trigger or an action wants to know, as one field of the rule's form.

    `kind`: text, long, number or choice; of a choice `choices(session)` says which there are.
    `suffix` stands behind a number: *days*.
    """

    name: str
    label: Any
    kind: str = "text"
    choices: Callable[[TenantSession], Choices] | None = None
    suffix: Any = ""
    default: str = ""
    hint: Any = ""
    is_required: bool = True


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """Something that happens to a customer, an order or a conversation.

    `label` goes on from *When*: "an order is paid". `group` is its heading in the list. `has`: the
    parts of the scene beside the contact. `variables`: those that it can fill in a template; its
    own come with `fire`. `is_dated`: it goes off on a day, at the time that the rule names.
    """

    name: str
    label: Any
    group: Any
    hint: Any = ""
    has: frozenset[Part] = frozenset()
    variables: tuple[str, ...] = ("contactname", "username")
    asks: tuple[Ask, ...] = ()
    is_dated: bool = False


class ConditionKind(StrEnum):
    """What a condition compares, and so which operators it has."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    MANY = "many"
    YES_NO = "yes_no"


@dataclass(frozen=True, kw_only=True)
class Condition:
    """Something that a rule may ask of its scene.

    `read(scene)` answers with str, Decimal or int, date, a choice's value, a set of values or bool,
    by `kind`; None where there is nothing. It is asked only where the scene has the part `of`.
    `currency`: of an amount of money, what it is in, such as IDR.
    """

    name: str
    label: Any
    kind: ConditionKind
    read: Callable[[Scene], Any]
    of: Part = Part.CONTACT
    choices: Callable[[TenantSession], Choices] | None = None
    currency: Callable[[Scene], str] | None = None


@dataclass(frozen=True)
class Foreseen:
    """What an action would do now. `obstacle`: why it couldn't, "" where it could.

    `text` is the message as the customer would read it, `way` how it would travel.
    """

    what: Any
    text: str = ""
    way: Any = ""
    obstacle: Any = ""


@dataclass(frozen=True)
class Taken:
    """What an action did: a sentence, and the message that it sent.

    `refused`: why it came to nothing after all, where what it wrote shall stay; else it raises.
    """

    what: Any
    message_id: int | None = None
    refused: str = ""


class Action(Protocol):
    """One thing that a rule can do.

    `name` is stored, `label` shown ("Send a message"), `icon` is a Tabler icon's name. `needs`: the
    part of the scene without which it can do nothing.
    """

    name: str
    label: Any
    icon: str
    needs: Part

    def asks(self, session: TenantSession) -> Sequence[Ask]:
        """What it wants to know."""
        ...

    def check(
        self, session: TenantSession, trigger: Trigger, values: Mapping[str, str]
    ) -> dict[str, Any]:
        """The values as they are stored. Raises Refused with the field."""
        ...

    def told(self, session: TenantSession, values: Mapping[str, Any]) -> Any:
        """What it does, to stand in a sentence: "send *Thank you* by the main channel"."""
        ...

    def foresee(self, scene: Scene, values: Mapping[str, Any]) -> Foreseen:
        """What `run` would do, doing nothing."""
        ...

    def run(self, scene: Scene, values: Mapping[str, Any]) -> Taken:
        """Do it, in the caller's transaction: what it writes counts once.

        Raises Refused where it can't be, with a sentence for the rule's history. Calls nobody: what
        calls a provider enqueues a job, and the scene's `run_id` is its idempotency key.
        """
        ...


def fire(
    session: TenantSession,
    trigger: str,
    contact_id: int,
    *,
    subject: str = "",
    episode: str = "1",
    order_id: int | None = None,
    conversation_id: int | None = None,
    variables: Mapping[str, str] | None = None,
) -> None:
    """Say that a trigger went off; the rules that wait for it are asked after the commit.

    Each rule acts at most once for a (subject, episode). `subject` is the contact where it is "",
    else something like `points:12`; say another episode only where the same thing truly happened
    anew.
    """
    publish(
        session,
        TriggerFired(
            trigger=trigger,
            contact_id=contact_id,
            subject=subject or f"contact:{contact_id}",
            episode=episode,
            order_id=order_id,
            conversation_id=conversation_id,
            variables=tuple(f"{name}={value}" for name, value in (variables or {}).items()),
        ),
    )
