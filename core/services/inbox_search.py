"""Searching the inbox: people by name and number, messages by their words.

Two steps keep it fast at 10 million messages: the rarest word of the search is read from the token
table, newest first and at most 500 of it; the few that are left are compared in full.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, false, func, select
from sqlalchemy.orm import InstrumentedAttribute, joinedload

from core.models import Contact, ContactToken, Conversation, Message, MessageToken
from core.services.search_words import Piece, digits_of, fold, snippet, words_of
from core.tenancy.session import TenantSession

LAST = "\uffff"
LONGEST_SEARCH = 100
MOST_PEOPLE = 1000
CANDIDATES = 500
SHOWN = 25


@dataclass(frozen=True)
class Hit:
    """A message that holds what was searched for, and the text around it."""

    message: Message
    pieces: list[Piece]


def is_of_people(
    text: str, contact_id: InstrumentedAttribute[int] = Conversation.contact_id
) -> ColumnElement[bool]:
    """Rows of people whose name, address or number holds each word of the text.

    `contact_id` is the column that says whose a row is; a conversation's where none is given.
    """
    text = text.strip()[:LONGEST_SEARCH]
    wanted = [digits] if (digits := digits_of(text)) else words_of(text)
    if "@" in text and " " not in text:
        wanted = [fold(text)]
    if not wanted:
        return false()
    return and_(
        *(
            contact_id.in_(
                select(ContactToken.contact_id)
                .where(ContactToken.token.between(word[:24], word[:24] + LAST))
                .limit(MOST_PEOPLE)
            )
            for word in wanted
        )
    )


def find_messages(session: TenantSession, text: str, limit: int = SHOWN) -> list[Hit]:
    """The newest messages with every word of the text, the last one as it begins. At most `limit`.

    A beginning that thousands of messages share finds some of them, not surely the newest.
    """
    wanted = words_of(text[:LONGEST_SEARCH])
    if not wanted:
        return []
    *whole, begun = wanted
    ids = _candidates(session, whole, begun)
    if not ids:
        return []
    found = session.scalars(
        select(Message)
        .where(Message.id.in_(ids))
        .order_by(Message.id.desc())
        .options(
            joinedload(Message.conversation).joinedload(Conversation.channel),
            joinedload(Message.contact).load_only(Contact.name, Contact.phone, Contact.email),
        )
    )
    hits = []
    for message in found:
        words = words_of(message.body)
        if set(whole) <= set(words) and any(word.startswith(begun) for word in words):
            hits.append(Hit(message, snippet(message.body, wanted)))
            if len(hits) == limit:
                break
    return hits


def _candidates(session: TenantSession, whole: list[str], begun: str) -> list[int]:
    """Messages that may hold all words: those of the rarest one, newest first."""
    if whole:
        rarest = min(whole, key=lambda word: _count(session, word))
        return _newest(session, MessageToken.token == rarest)
    exact = _newest(session, MessageToken.token == begun)
    if len(exact) == CANDIDATES:
        return exact
    others = session.scalars(
        select(MessageToken.message_id)
        .where(MessageToken.token.between(begun, begun + LAST))
        .limit(2 * CANDIDATES)
    )
    return sorted({*exact, *others}, reverse=True)[:CANDIDATES]


def _newest(session: TenantSession, condition: ColumnElement[bool]) -> list[int]:
    query = select(MessageToken.message_id).where(condition)
    return list(session.scalars(query.order_by(MessageToken.message_id.desc()).limit(CANDIDATES)))


def _count(session: TenantSession, word: str) -> int:
    some = select(MessageToken.message_id).where(MessageToken.token == word).limit(CANDIDATES)
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0
