"""Searching the inbox: people by name and number, messages by their words.

Two steps keep it fast at 10 million messages: the rarest word of the search is read from the token
table, newest first and at most 500 of it; the few that are left are compared in full.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, select
from sqlalchemy.orm import InstrumentedAttribute, joinedload

from core.models import (
    Contact,
    ContactToken,
    Conversation,
    Customer,
    Identity,
    Message,
    MessageToken,
)
from core.services.search_words import Piece, digits_of, fold, searched, snippet, words_of
from core.tenancy.session import TenantSession

LAST = "\uffff"
LONGEST_SEARCH = 100
MOST_PEOPLE = 1000
CANDIDATES = 500
AT_ONCE = 50
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
    # of one word that thousands share some are enough; of several words only those that meet are
    most = MOST_PEOPLE if len(wanted) == 1 else None
    return and_(
        *(
            contact_id.in_(
                select(ContactToken.contact_id)
                .where(ContactToken.token.between(word[:24], word[:24] + LAST))
                .limit(most)
            )
            for word in wanted
        )
    )


def is_about(model: type[Any], text: str) -> ColumnElement[bool] | None:
    """Rows of a model that the search index knows by a text: people and what is theirs to name.

    None for a model that has no index: its names must be read themselves.
    """
    if model is Contact:
        return is_of_people(text, Contact.id)
    if model is Customer:
        people = select(Contact.customer_id).where(is_of_people(text, Contact.id))
        return Customer.id.in_(people)
    if model in (Conversation, Identity):
        return is_of_people(text, model.contact_id)
    return None


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
    hits: list[Hit] = []
    for start in range(0, len(ids), AT_ONCE):  # most searches end with the first few
        for message in _loaded(session, ids[start : start + AT_ONCE]):
            text = searched(message.subject, message.body)
            words = words_of(text)
            if set(whole) <= set(words) and any(word.startswith(begun) for word in words):
                hits.append(Hit(message, snippet(text, wanted)))
                if len(hits) == limit:
                    return hits
    return hits


def _loaded(session: TenantSession, ids: list[int]) -> Iterable[Message]:
    """Those messages, newest first, with whom and what a hit shows."""
    return session.scalars(
        select(Message)
        .where(Message.id.in_(ids))
        .order_by(Message.id.desc())
        .options(
            joinedload(Message.conversation).joinedload(Conversation.channel),
            joinedload(Message.contact).load_only(Contact.name, Contact.phone, Contact.email),
        )
    )


def _candidates(session: TenantSession, whole: list[str], begun: str) -> list[int]:
    """Messages that may hold all words: those of the rarest one, newest first."""
    begins = MessageToken.token.between(begun, begun + LAST)
    if whole:
        counts = {word: _count(session, MessageToken.token == word) for word in whole}
        rarest = min(whole, key=counts.__getitem__)
        if counts[rarest] < CANDIDATES or _count(session, begins) == CANDIDATES:
            return _newest(session, MessageToken.token == rarest)
    elif len(exact := _newest(session, MessageToken.token == begun)) == CANDIDATES:
        return exact
    else:
        others = select(MessageToken.message_id).where(begins).limit(2 * CANDIDATES)
        return sorted({*exact, *session.scalars(others)}, reverse=True)[:CANDIDATES]
    few = session.scalars(select(MessageToken.message_id).where(begins).limit(CANDIDATES))
    return sorted(set(few), reverse=True)


def _newest(session: TenantSession, condition: ColumnElement[bool]) -> list[int]:
    query = select(MessageToken.message_id).where(condition)
    return list(session.scalars(query.order_by(MessageToken.message_id.desc()).limit(CANDIDATES)))


def _count(session: TenantSession, condition: ColumnElement[bool]) -> int:
    """How many, CANDIDATES at most."""
    some = select(MessageToken.message_id).where(condition).limit(CANDIDATES)
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0
