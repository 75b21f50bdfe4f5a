"""A module as a board: a column for each stage, its cards a page at a time, and what they show."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from core.errors import Malformed, NotFound
from core.models import (
    Card,
    Contact,
    Conversation,
    Label,
    LabelOnContact,
    Membership,
    Message,
    Module,
    Task,
    TaskKind,
)
from core.services.inbox_search import is_of_people
from core.services.labels import labels_of
from core.tenancy.session import TenantSession
from core.words import say

PAGE = 30
"""Cards of a column at a time: what fits a tall screen twice."""


class Shelf(StrEnum):
    """Open cards, closed ones, or both."""

    OPEN = "open"
    CLOSED = "closed"
    ALL = "all"


@dataclass(frozen=True)
class Wanted:
    """What a person looks at. `member_id`: only this member's cards."""

    module: Module
    member_id: int | None = None
    text: str = ""
    label_id: int | None = None
    shelf: Shelf = Shelf.OPEN

    def conditions(self) -> list[ColumnElement[bool]]:
        """What holds for every card that is shown."""
        found = [Card.module_id == self.module.id, Card.archived_at.is_(None)]
        if self.shelf is not Shelf.ALL:
            found.append(Card.is_open.is_(self.shelf is Shelf.OPEN))
        if self.member_id is not None:
            found.append(Card.agent_id == self.member_id)
        if text := self.text.strip()[:100]:
            in_title = func.lower(Card.title).contains(text.lower(), autoescape=True)
            found.append(or_(in_title, is_of_people(text, Card.contact_id)))
        if self.label_id is not None:
            wearing = select(LabelOnContact.contact_id).where(
                LabelOnContact.label_id == self.label_id
            )
            found.append(Card.contact_id.in_(wearing))
        return found


@dataclass(frozen=True)
class Key:
    """The place of a card in its column; the next page begins behind it."""

    place: int
    id: int

    def __str__(self) -> str:
        return f"{self.place}~{self.id}"

    @classmethod
    def parse(cls, text: str) -> Key:
        """The key that `str()` wrote. Raises Malformed."""
        place, _, row_id = text.partition("~")
        try:
            key = cls(int(place), int(row_id))
        except ValueError:
            raise Malformed(say("These cards can't be found. Reload the board.")) from None
        if max(abs(key.place), abs(key.id) << 32) >= 2**63:
            raise Malformed(say("These cards can't be found. Reload the board."))
        return key


@dataclass
class Total:
    """How many cards a column holds, and what they are worth, by currency."""

    count: int = 0
    sums: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Face:
    """What a card shows beside itself: the last message on it, its conversation, its reply task."""

    card: Card
    last: Message | None
    conversation: Conversation | None
    task: Task | None
    labels: list[Label]


@dataclass(frozen=True)
class Column:
    """A stage and a page of its cards; `after` leads to the next. Former ones are no stage."""

    stage: str
    total: Total
    faces: list[Face]
    after: Key | None
    is_stage: bool = True


def modules(session: TenantSession) -> list[Module]:
    """Those in use, by name."""
    living = select(Module).where(Module.archived_at.is_(None)).order_by(Module.name, Module.id)
    return list(session.scalars(living))


def get_module(session: TenantSession, module_id: int) -> Module:
    """A module in use. Raises NotFound."""
    module = session.get(Module, module_id)
    if module is None or module.archived_at is not None:
        raise NotFound(say("There is no such module."))
    return module


def columns(session: TenantSession, wanted: Wanted) -> list[Column]:
    """The module's stages in their order, then stages that it no longer has but cards still do."""
    found = totals(session, wanted)
    stages = wanted.module.stages or ["New"]
    return [
        column(session, wanted, stage, found.get(stage, Total()))
        for stage in (*stages, *sorted(found.keys() - set(stages)))
    ]


def column(
    session: TenantSession,
    wanted: Wanted,
    stage: str,
    total: Total | None = None,
    after: Key | None = None,
) -> Column:
    """A page of one column."""
    query = (
        select(Card)
        .where(*wanted.conditions(), Card.stage == stage)
        .order_by(Card.place, Card.id)
        .options(*_SHOWN)
    )
    if after is not None:
        query = query.where(
            Card.place >= after.place,
            or_(Card.place > after.place, Card.id > after.id),
        )
    found = list(session.scalars(query.limit(PAGE + 1)))
    cards = found[:PAGE]
    is_more = len(found) > PAGE
    return Column(
        stage,
        total or Total(),
        faces(session, cards),
        Key(cards[-1].place, cards[-1].id) if is_more else None,
        stage in (wanted.module.stages or ["New"]),
    )


def totals(session: TenantSession, wanted: Wanted) -> dict[str, Total]:
    """Count and worth of each column, in one statement."""
    found: dict[str, Total] = {}
    rows = session.execute(
        select(Card.stage, Card.currency, func.count(Card.id), func.sum(Card.amount))
        .where(*wanted.conditions())
        .group_by(Card.stage, Card.currency)
        .order_by(Card.currency)
    )
    for stage, currency, count, worth in rows:
        total = found.setdefault(stage, Total())
        total.count += count
        if worth is not None:
            total.sums[currency] = worth
    return found


def still_shown(session: TenantSession, wanted: Wanted, ids: Collection[int]) -> list[Face]:
    """Those of `ids` that stand on this board now."""
    query = select(Card).where(*wanted.conditions(), Card.id.in_(ids)).options(*_SHOWN)
    return faces(session, session.scalars(query).all())


def cards_about(
    session: TenantSession, conversation_ids: Collection[int], task_ids: Collection[int]
) -> set[int]:
    """The cards of these conversations' customers, and of these tasks."""
    writer, owner = aliased(Contact), aliased(Contact)
    of_talks = (
        select(Card.id)
        .join(owner, owner.id == Card.contact_id)
        .join(writer, writer.customer_id == owner.customer_id)
        .join(Conversation, Conversation.contact_id == writer.id)
        .where(Conversation.id.in_(conversation_ids), Card.archived_at.is_(None))
    )
    of_tasks = select(Task.card_id).where(Task.id.in_(task_ids), Task.card_id.is_not(None))
    found = set(session.scalars(of_talks)) if conversation_ids else set()
    return found | (set(session.scalars(of_tasks)) if task_ids else set())


_SHOWN = (
    joinedload(Card.contact).joinedload(Contact.customer),
    joinedload(Card.agent).joinedload(Membership.user),
)


def faces(session: TenantSession, cards: Sequence[Card]) -> list[Face]:
    """What each card shows, for all of them in five statements."""
    if not cards:
        return []
    last = _last_messages(session, cards)
    silent = [card for card in cards if card.id not in last]
    talks = _last_talks(session, silent) if silent else {}
    tasks = _reply_tasks(session, cards)
    labels = labels_of(session, list({card.contact_id: card.contact for card in cards}.values()))
    return [
        Face(
            card,
            message := last.get(card.id),
            message.conversation if message else talks.get(card.contact.customer_id),
            tasks.get(card.id),
            labels[card.contact_id],
        )
        for card in cards
    ]


def messages_of(session: TenantSession, card: Card, limit: int) -> list[Message]:
    """The last messages on a card, of its present customer's contacts alone, the oldest first."""
    members = select(Contact.id).where(Contact.customer_id == card.contact.customer_id)
    found = session.scalars(
        select(Message)
        .where(Message.card_id == card.id, Message.contact_id.in_(members))
        .order_by(Message.id.desc())
        .limit(limit)
        .options(
            joinedload(Message.conversation).joinedload(Conversation.channel),
            joinedload(Message.author).joinedload(Membership.user),
        )
    )
    return list(found)[::-1]


def _last_messages(session: TenantSession, cards: Sequence[Card]) -> dict[int, Message]:
    """By card: one step down each contact's index of messages, as `services.cards` looks it up."""
    owner, member = aliased(Contact), aliased(Contact)
    newest = (
        select(Message.id)
        .where(Message.contact_id == member.id, Message.card_id == Card.id)
        .order_by(Message.id.desc())
        .limit(1)
        .correlate(member, Card)
        .scalar_subquery()
    )
    ids = session.scalars(
        select(newest)
        .select_from(Card)
        .join(owner, owner.id == Card.contact_id)
        .join(member, member.customer_id == owner.customer_id)
        .where(Card.id.in_([card.id for card in cards]))
    )
    found = session.scalars(
        select(Message)
        .where(Message.id.in_([each for each in ids if each is not None]))
        .order_by(Message.id)
        .options(joinedload(Message.conversation).joinedload(Conversation.channel))
    )
    return {message.card_id: message for message in found if message.card_id is not None}


def _last_talks(session: TenantSession, cards: Sequence[Card]) -> dict[int, Conversation]:
    """By customer: the conversation that was active last, for cards without a message."""
    customers = {card.contact.customer_id for card in cards}
    rows = session.execute(
        select(Contact.customer_id, Conversation)
        .join(Contact, Contact.id == Conversation.contact_id)
        .where(Contact.customer_id.in_(customers))
        .order_by(Conversation.last_at, Conversation.id)
        .options(joinedload(Conversation.channel))
    )
    return {row[0]: row[1] for row in rows}


def _reply_tasks(session: TenantSession, cards: Sequence[Card]) -> dict[int, Task]:
    """By card: the reply task that waits the longest."""
    found = session.scalars(
        select(Task)
        .where(
            Task.card_id.in_([card.id for card in cards]),
            Task.kind == TaskKind.REPLY,
            Task.done_at.is_(None),
        )
        .order_by(Task.deadline.desc(), Task.id.desc())
    )
    return {task.card_id: task for task in found if task.card_id is not None}
