"""The words that are searched, on both databases: kept as messages come, found by beginnings."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.inbound import Address, IdentityKind, InboundMessage
from core.models import Contact, Conversation, Message, MessageToken
from core.services import customers, inbox_list, inbox_search, search_index
from core.services.inbox_list import Sort, Wanted
from core.services.notes import add_note
from core.testing.installation import CloudLine, Installation
from tests.services.test_receive import take, written


def says(text: str, number: str, name: str) -> InboundMessage:
    return written(Address(IdentityKind.PHONE, number), text=text, name=name)


@pytest.fixture
def house_with_words(house: Installation, line: CloudLine) -> Installation:
    take(
        house,
        line,
        says("Halo, kue LAPIS masih ada?", "+6281122334455", "Wati Lestari"),
        says("Kue súś saja", "+6281122330000", "Łukasz Wójcik"),
    )
    return house


def test_words_and_people_are_found(house_with_words: Installation) -> None:
    house = house_with_words
    with house.tenant(write=False) as session:

        def bodies(text: str) -> list[str]:
            return [hit.message.body for hit in inbox_search.find_messages(session, text)]

        def people(text: str) -> list[str]:
            rows = inbox_list.list_page(session, Wanted(text=text)).rows
            return sorted(str(row.contact) for row in rows)

        assert bodies("kue lap") == ["Halo, kue LAPIS masih ada?"]
        assert bodies("KUE SUS") == ["Kue súś saja"]
        assert sorted(bodies("ku")) == ["Halo, kue LAPIS masih ada?", "Kue súś saja"]
        assert bodies("lapis sus") == []
        assert people("lest") == ["Wati Lestari"]
        assert people("wojcik") == ["Łukasz Wójcik"]
        assert people("0811 2233") == ["Wati Lestari", "Łukasz Wójcik"]
        assert people("4455") == ["Wati Lestari"]
        assert people("nobody") == []


def test_what_is_changed_and_rebuilt_stays_in_step(house_with_words: Installation) -> None:
    house = house_with_words
    with house.tenant() as session:
        contact = session.scalars(select(Contact).order_by(Contact.id)).first()
        assert contact is not None
        customers.change_contact(session, contact, {"name": "Ratna Sari"})
        message = session.scalars(select(Message).order_by(Message.id)).first()
        assert message is not None
        message.body = "dibatalkan"
        session.flush()
        tokens = set(session.scalars(select(MessageToken.token)))
        assert "dibatalkan" in tokens
        assert "lapis" not in tokens
        assert search_index.rebuild(session) == (2, 2)
        assert set(session.scalars(select(MessageToken.token))) == tokens
        page = inbox_list.list_page(session, Wanted(text="lestari"))
        assert page.rows == []


def test_notes_are_found_and_who_waits_is_listed(house_with_words: Installation) -> None:
    house = house_with_words
    with house.tenant() as session:
        talk = session.scalars(select(Conversation).order_by(Conversation.id)).first()
        assert talk is not None
        add_note(session, talk, "minta diskon grosir", None)
        assert len(inbox_search.find_messages(session, "diskon gros")) == 1
        waiting = inbox_list.list_page(session, Wanted(sort=Sort.WAITING)).rows
        assert [row.waiting_since for row in waiting] == sorted(
            row.waiting_since for row in waiting if row.waiting_since
        )
        assert len(waiting) == 2
        unread = inbox_list.unread(session, None)
        assert (unread.mine, unread.unassigned, unread.all, unread.mentions) == (0, 2, 2, 0)
