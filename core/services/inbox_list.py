"""The list of conversations: filtered, newest first, paged by key, one query a page."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, or_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from core.errors import Malformed
from core.models import Contact, Conversation, ConversationState, Identity, Membership
from core.models.base import now
from core.tenancy.session import TenantSession

PAGE = 30
SEARCHABLE_CHARACTERS = 100


class Whose(StrEnum):
    """Whose conversations: one's own, nobody's, everybody's."""

    MINE = "mine"
    UNASSIGNED = "unassigned"
    ALL = "all"


class Shelf(StrEnum):
    """Where they lie: open ones, those snoozed until later, closed ones."""

    OPEN = "open"
    SNOOZED = "snoozed"
    CLOSED = "closed"


@dataclass(frozen=True)
class Wanted:
    """What a person looks at. `member_id` is the asker's membership; None has no *mine*."""

    whose: Whose = Whose.ALL
    shelf: Shelf = Shelf.OPEN
    channel_id: int | None = None
    text: str = ""
    member_id: int | None = None


@dataclass(frozen=True)
class Key:
    """The place of a row in the list; the next page begins behind it."""

    last_at: datetime
    id: int

    def __str__(self) -> str:
        return f"{self.last_at.isoformat()}~{self.id}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key that `str()` wrote. Raises Malformed."""
        moment, _, row_id = text.partition("~")
        try:
            return cls(datetime.fromisoformat(moment), int(row_id))
        except ValueError:
            raise Malformed("This page of the list can't be found. Reload the inbox.") from None


@dataclass(frozen=True)
class ListPage:
    """One page; `after` leads to the next one, None: this is the last."""

    rows: list[Conversation]
    after: Key | None


@dataclass(frozen=True)
class Unread:
    """How many open conversations hold something unread."""

    mine: int
    unassigned: int
    all: int

    @property
    def for_me(self) -> int:
        """What waits for this person: their own, and what nobody has taken."""
        return self.mine + self.unassigned


def key_of(conversation: Conversation) -> Key:
    return Key(conversation.last_at, conversation.id)


def list_page(
    session: TenantSession, wanted: Wanted, after: Key | None = None, limit: int = PAGE
) -> ListPage:
    """Up to `limit` conversations with contact, channel and assignee loaded, in one query."""
    query = _rows(wanted).order_by(Conversation.last_at.desc(), Conversation.id.desc())
    if after is not None:
        query = query.where(
            or_(
                Conversation.last_at < after.last_at,
                and_(Conversation.last_at == after.last_at, Conversation.id < after.id),
            )
        )
    rows = list(session.scalars(query.limit(limit + 1)))
    has_more = len(rows) > limit
    rows = rows[:limit]
    return ListPage(rows, key_of(rows[-1]) if has_more else None)


def still_listed(
    session: TenantSession, wanted: Wanted, ids: Collection[int]
) -> list[Conversation]:
    """Those of `ids` that belong in the list now: what a live page asks after an event."""
    if not ids:
        return []
    return list(session.scalars(_rows(wanted).where(Conversation.id.in_(ids))))


def unread(session: TenantSession, member_id: int | None) -> Unread:
    """Open conversations with something unread, in one query."""
    is_mine = Conversation.assignee_id == member_id
    row = session.execute(
        select(
            func.count(case((is_mine, Conversation.id))),
            func.count(case((Conversation.assignee_id.is_(None), Conversation.id))),
            func.count(Conversation.id),
        ).where(*_on_shelf(Shelf.OPEN), Conversation.unread > 0)
    ).one()
    return Unread(row[0] if member_id is not None else 0, row[1], row[2])


def _rows(wanted: Wanted) -> Select[Conversation]:
    contact = aliased(Contact)
    query = (
        select(Conversation)
        .join(contact, contact.id == Conversation.contact_id)
        .options(
            contains_eager(Conversation.contact.of_type(contact)),
            joinedload(Conversation.channel),
            joinedload(Conversation.identity),
            joinedload(Conversation.assignee).joinedload(Membership.user),
        )
        .where(*_on_shelf(wanted.shelf))
    )
    if wanted.whose is Whose.MINE:
        query = query.where(Conversation.assignee_id == wanted.member_id)
    elif wanted.whose is Whose.UNASSIGNED:
        query = query.where(Conversation.assignee_id.is_(None))
    if wanted.channel_id is not None:
        query = query.where(Conversation.channel_id == wanted.channel_id)
    if wanted.text.strip():
        query = query.where(_found(contact, wanted.text))
    return query


def _on_shelf(shelf: Shelf) -> tuple[ColumnElement[bool], ...]:
    closed = _written_out(ConversationState.CLOSED)
    is_asleep = and_(
        Conversation.state == ConversationState.PENDING, Conversation.snoozed_until > now()
    )
    if shelf is Shelf.CLOSED:
        return (Conversation.state == closed,)
    is_not_closed = Conversation.state != closed
    if shelf is Shelf.SNOOZED:
        return is_not_closed, is_asleep
    return is_not_closed, or_(
        Conversation.state == ConversationState.OPEN,
        Conversation.snoozed_until.is_(None),
        Conversation.snoozed_until <= now(),
    )


def _written_out(state: ConversationState) -> Any:
    """A state as a literal: with a parameter no planner can prove that the partial index fits."""
    return literal(state, Conversation.state.type, literal_execute=True)


def _found(contact: Any, text: str) -> ColumnElement[bool]:
    """Names and e-mail addresses that contain the text, numbers that contain its digits."""
    text = text.strip().lower()[:SEARCHABLE_CHARACTERS]
    hits: list[ColumnElement[bool]] = [
        func.lower(contact.name).contains(text, autoescape=True),
        func.lower(contact.email).contains(text, autoescape=True),
    ]
    digits = "".join(character for character in text if character.isdigit())
    if len(digits) >= 3 and not any(character.isalpha() for character in text):
        # 0812… is how people write what is stored as +62812…
        digits = digits.lstrip("0")
        hits.append(contact.phone.contains(digits))
        hits.append(
            exists().where(
                Identity.contact_id == Conversation.contact_id, Identity.address.contains(digits)
            )
        )
    return or_(*hits)
