"""The list of conversations: filtered, newest or longest waiting first, paged by key."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    case,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import contains_eager, joinedload

from core.errors import Malformed
from core.models import (
    Contact,
    Conversation,
    ConversationState,
    LabelOnContact,
    Membership,
    Mention,
)
from core.models.base import now
from core.services import mentions
from core.services.inbox_search import is_of_people
from core.tenancy.session import TenantSession
from core.words import say

PAGE = 40
FEW = 500  # people with a label, of whom a statement can name each


class Whose(StrEnum):
    """Whose conversations: one's own, nobody's, where one was called by name, everybody's."""

    MINE = "mine"
    UNASSIGNED = "unassigned"
    MENTIONS = "mentions"
    ALL = "all"


class Shelf(StrEnum):
    """Where they lie: open ones, those snoozed until later, closed ones."""

    OPEN = "open"
    SNOOZED = "snoozed"
    CLOSED = "closed"


class Sort(StrEnum):
    """Newest first; or those who wait for an answer only, the longest first."""

    NEWEST = "newest"
    WAITING = "waiting"


@dataclass(frozen=True)
class Wanted:
    """What a person looks at. `member_id` is the asker's membership; None has no *mine*."""

    whose: Whose = Whose.ALL
    shelf: Shelf = Shelf.OPEN
    sort: Sort = Sort.NEWEST
    channel_id: int | None = None
    division_id: int | None = None
    label_id: int | None = None
    text: str = ""
    member_id: int | None = None

    @property
    def is_search(self) -> bool:
        return bool(self.text.strip())


@dataclass(frozen=True)
class Key:
    """The place of a row in the list; the next page begins behind it. `at` is what it sorts by."""

    at: datetime
    id: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.id}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key that `str()` wrote. Raises Malformed."""
        moment, _, row_id = text.partition("~")
        try:
            return cls(datetime.fromisoformat(moment), int(row_id))
        except ValueError:
            raise Malformed(
                say("This page of the list can't be found. Reload the inbox.")
            ) from None


@dataclass(frozen=True)
class ListPage:
    """One page; `after` leads to the next one, None: this is the last."""

    rows: list[Conversation]
    after: Key | None


@dataclass(frozen=True)
class Unread:
    """How many open conversations hold something unread; `mentions`: where one was called."""

    mine: int
    unassigned: int
    all: int
    mentions: int

    @property
    def for_me(self) -> int:
        """What waits for this person: their own, and what nobody has taken."""
        return self.mine + self.unassigned


def key_of(conversation: Conversation, sort: Sort = Sort.NEWEST) -> Key:
    """Where a row stands in the list."""
    at = conversation.waiting_since if sort is Sort.WAITING else None
    return Key(at or conversation.last_at, conversation.id)


def rank_of(conversation: Conversation, sort: Sort = Sort.NEWEST) -> int:
    """The same as a number for the browser: the higher, the further up."""
    moment = int(key_of(conversation, sort).at.timestamp() * 1000)
    return -moment if sort is Sort.WAITING else moment


def list_page(
    session: TenantSession, wanted: Wanted, after: Key | None = None, limit: int = PAGE
) -> ListPage:
    """Up to `limit` conversations with contact, channel and assignee loaded, in one query."""
    query = _rows(session, wanted)
    by_id = Conversation.id.desc()
    if wanted.sort is Sort.WAITING:
        query = query.order_by(Conversation.waiting_since, by_id)
    else:
        query = query.order_by(Conversation.last_at.desc(), by_id)
    if after is not None:
        query = query.where(_behind(wanted.sort, after))
    rows = list(session.scalars(query.limit(limit + 1)))
    has_more = len(rows) > limit
    rows = rows[:limit]
    return ListPage(rows, key_of(rows[-1], wanted.sort) if has_more else None)


def still_listed(
    session: TenantSession, wanted: Wanted, ids: Collection[int]
) -> list[Conversation]:
    """Those of `ids` that belong in the list now: what a live page asks after an event."""
    if not ids:
        return []
    return list(session.scalars(_rows(session, wanted).where(Conversation.id.in_(ids))))


def unread(session: TenantSession, member_id: int | None) -> Unread:
    """Open conversations with something unread, and unseen mentions: two queries."""
    is_mine = Conversation.assignee_id == member_id
    row = session.execute(
        select(
            func.count(case((is_mine, Conversation.id))),
            func.count(case((Conversation.assignee_id.is_(None), Conversation.id))),
            func.count(Conversation.id),
        ).where(*_on_shelf(Shelf.OPEN), Conversation.unread > _written_out_zero())
    ).one()
    return Unread(
        mine=row[0] if member_id is not None else 0,
        unassigned=row[1],
        all=row[2],
        mentions=mentions.unseen(session, member_id),
    )


def _rows(session: TenantSession, wanted: Wanted) -> Select[Conversation]:
    query = (
        select(Conversation)
        .join(Contact, Contact.id == Conversation.contact_id)
        .options(
            contains_eager(Conversation.contact),
            joinedload(Conversation.channel),
            joinedload(Conversation.identity),
            joinedload(Conversation.assignee).joinedload(Membership.user),
        )
    )
    if wanted.is_search:
        query = query.where(is_of_people(wanted.text))  # wherever they lie
    elif wanted.whose is not Whose.MENTIONS:
        query = query.where(*_on_shelf(wanted.shelf))
    if wanted.sort is Sort.WAITING:
        query = query.where(
            Conversation.waiting_since.is_not(None),
            Conversation.state != _written_out(ConversationState.CLOSED),
        )
    if wanted.whose is Whose.MINE:
        query = query.where(Conversation.assignee_id == wanted.member_id)
    elif wanted.whose is Whose.UNASSIGNED:
        query = query.where(Conversation.assignee_id.is_(None))
    elif wanted.whose is Whose.MENTIONS:
        query = query.where(
            Conversation.id.in_(
                select(Mention.conversation_id).where(Mention.member_id == wanted.member_id)
            )
        )
    if wanted.channel_id is not None:
        query = query.where(Conversation.channel_id == wanted.channel_id)
    if wanted.division_id is not None:
        query = query.where(Conversation.division_id == wanted.division_id)
    if wanted.label_id is not None:
        query = query.where(_wears(session, wanted.label_id))
    return query


def _wears(session: TenantSession, label_id: int) -> ColumnElement[bool]:
    """Conversations of people with a label: those of a few people, or the list's own, asked one
    by one. SQLite would read the half million who wear a common label for each page.
    """
    worn = select(LabelOnContact.contact_id).where(LabelOnContact.label_id == label_id)
    few = session.scalar(select(func.count()).select_from(worn.limit(FEW + 1).subquery())) or 0
    if few <= FEW:
        return Conversation.contact_id.in_(session.scalars(worn).all())
    return worn.where(LabelOnContact.contact_id == Conversation.contact_id).exists()


def _behind(sort: Sort, key: Key) -> ColumnElement[bool]:
    column: Any = Conversation.waiting_since if sort is Sort.WAITING else Conversation.last_at
    is_there = column >= key.at if sort is Sort.WAITING else column <= key.at
    # not `further OR (equal AND …)`: no planner starts an index from the middle of an OR
    return and_(is_there, or_(column != key.at, Conversation.id < key.id))


def _on_shelf(shelf: Shelf) -> tuple[ColumnElement[bool], ...]:
    closed = _written_out(ConversationState.CLOSED)
    if shelf is Shelf.CLOSED:
        return (Conversation.state == closed,)
    if shelf is Shelf.SNOOZED:
        asleep = _written_out(ConversationState.PENDING)
        return Conversation.state == asleep, Conversation.snoozed_until > now()
    return Conversation.state != closed, or_(
        Conversation.state == ConversationState.OPEN,
        Conversation.snoozed_until.is_(None),
        Conversation.snoozed_until <= now(),
    )


def _written_out(state: ConversationState) -> Any:
    """A state as a literal: with a parameter no planner can prove that the partial index fits."""
    return literal(state, Conversation.state.type, literal_execute=True)


def _written_out_zero() -> Any:
    return literal(0, Integer, literal_execute=True)
