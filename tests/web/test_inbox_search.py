"""Searching the inbox: people by name and number, messages by their words, and staying in step."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import delete, select

from core.models import Contact, ContactToken, Customer, Message, MessageToken
from core.services import erase, inbox_search, search_index
from core.services.search_words import digits_of, snippet, words_of
from tests.web.installation import Shop, install, open_shop


@pytest.fixture(scope="module")
def two_shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, Shop]]:
    app = install(tmp_path_factory.mktemp("search"))
    yield open_shop(app, "melati"), open_shop(app, "mawar")
    app.extensions["sapa"].database.dispose()


@pytest.fixture
def shop(two_shops: tuple[Shop, Shop]) -> Shop:
    return two_shops[0]


def found(shop: Shop, text: str) -> list[str]:
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        return [hit.message.body for hit in inbox_search.find_messages(session, text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Kue LAPIS, kue!", ["kue", "lapis"]),
        ("Café Łódź", ["cafe", "łodz"]),
        ("a I/O", []),
        ("INV-1042", ["inv", "1042"]),
        ("x" * 40, ["x" * 24]),
    ],
)
def test_words_are_folded(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_a_number_is_what_has_no_letters() -> None:
    assert digits_of("0812-345 678") == "812345678"
    assert digits_of("+62 812") == "62812"
    assert digits_of("INV-1042") == ""
    assert digits_of("12") == ""


def test_a_snippet_marks_what_was_searched() -> None:
    pieces = snippet("Halo, " + "x " * 80 + "kue lapis ada?", ["kue", "lap"])
    assert [piece.text for piece in pieces if piece.is_hit] == ["kue", "lapis"]
    assert pieces[0].text == "…"
    assert sum(len(piece.text) for piece in pieces) < 140


def test_messages_are_found_by_all_words_the_last_one_begun(shop: Shop) -> None:
    shop.customer_writes("Halo, kue LAPIS legit masih ada?")
    shop.customer_writes("Kue sus saja", number="+6281300000001")
    assert found(shop, "kue lap") == ["Halo, kue LAPIS legit masih ada?"]
    assert found(shop, "legit kue") == ["Halo, kue LAPIS legit masih ada?"]
    assert found(shop, "ku") == ["Kue sus saja", "Halo, kue LAPIS legit masih ada?"]
    assert found(shop, "ue") == []
    assert found(shop, "lapis sus") == []
    assert found(shop, "%") == found(shop, "") == []


def test_the_list_shows_the_message_and_leads_to_it(shop: Shop) -> None:
    shop.customer_writes("Ada <b>brownies</b> panggang?", number="+6281300000002", name="Wati")
    page = shop.client().get("/inbox/list?q=brownies").get_data(as_text=True)
    assert "<mark>brownies</mark>" in page
    assert "<b>brownies" not in page
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        hit = inbox_search.find_messages(session, "brownies")[0].message
    assert f'data-at-message="{hit.id}"' in page
    thread = shop.client().get(f"/inbox/{hit.conversation_id}/thread?message={hit.id}")
    assert f'data-hit="{hit.id}"' in thread.get_data(as_text=True)


def test_a_hit_in_a_long_thread_opens_around_it(shop: Shop) -> None:
    number = "+6281300000077"
    shop.customer_writes("mulai", number=number)
    with shop.desk.database.tenant(shop.tenant_id) as session:
        first = session.scalars(select(Message).order_by(Message.id.desc()).limit(1)).one()
        wanted = None
        for count in range(120):
            message = Message(
                conversation_id=first.conversation_id,
                channel_id=first.channel_id,
                contact_id=first.contact_id,
                direction=first.direction,
                sender=first.sender,
                state=first.state,
                body="jarum" if count == 40 else f"jerami {count}",
            )
            session.add(message)
            session.flush()
            wanted = message.id if count == 40 else wanted
    page = shop.client().get(f"/inbox/{first.conversation_id}/thread?message={wanted}")
    text = page.get_data(as_text=True)
    assert f'id="message-{wanted}"' in text
    assert "jerami 39<" in text
    assert "jerami 41<" in text
    assert "jerami 119" not in text
    assert "data-load-later" in text
    assert "data-earlier" in text


def test_F6_search_stays_in_its_tenant(two_shops: tuple[Shop, Shop]) -> None:
    melati, mawar = two_shops
    melati.customer_writes("rahasia besar", number="+6281300000003", name="Zulaikha")
    assert found(mawar, "rahasia") == []
    for text in ("rahasia", "Zulaikha", "81300000003"):
        page = mawar.client().get("/inbox/list", query_string={"q": text}).get_data(as_text=True)
        assert "inbox-row" not in page, text
        assert "besar" not in page, text


def test_what_changes_is_found_as_it_is_now(shop: Shop) -> None:
    shop.customer_writes("pesanan pertama", number="+6281300000004", name="Mirna")
    with shop.desk.database.tenant(shop.tenant_id) as session:
        message = inbox_search.find_messages(session, "pesanan")[0].message
        message.body = "pembatalan"
        contact = session.get_one(Contact, message.contact_id)
        contact.name = "Ratna"
    assert found(shop, "pesanan") == []
    assert found(shop, "pembatalan") == ["pembatalan"]
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        words = session.scalars(
            select(ContactToken.token).where(ContactToken.contact_id == contact.id)
        ).all()
    assert "ratna" in words
    assert "mirna" not in words
    assert "6281300000004" in words  # the number stays


def test_F10_erasing_a_customer_leaves_no_word(shop: Shop) -> None:
    shop.customer_writes("alamat rumah saya", number="+6281300000005", name="Yusuf")
    with shop.desk.database.tenant(shop.tenant_id) as session:
        message = inbox_search.find_messages(session, "alamat rumah")[0].message
        customer_id = session.get_one(Contact, message.contact_id).customer_id
        erase.erase_customer(session, session.get_one(Customer, customer_id))
    with shop.desk.database.tenant(shop.tenant_id, write=False) as session:
        left = select(MessageToken.token).where(MessageToken.message_id == message.id)
        assert session.scalars(left).all() == []
        of_them = select(ContactToken.token).where(ContactToken.contact_id == message.contact_id)
        assert session.scalars(of_them).all() == []


def test_the_index_can_be_rebuilt(shop: Shop) -> None:
    shop.customer_writes("roti sobek", number="+6281300000006", name="Tuti")
    with shop.desk.database.tenant(shop.tenant_id) as session:
        kept = session.scalars(select(MessageToken.token).order_by(MessageToken.token)).all()
        people = session.scalars(select(ContactToken.token).order_by(ContactToken.token)).all()
        session.execute(delete(MessageToken))
        session.execute(delete(ContactToken))
    assert found(shop, "sobek") == []
    with shop.desk.database.tenant(shop.tenant_id) as session:
        messages, contacts = search_index.rebuild(session)
        assert messages
        assert contacts
        again = session.scalars(select(MessageToken.token).order_by(MessageToken.token)).all()
        assert (again, search_index.rebuild(session)) == (kept, (messages, contacts))
        now = session.scalars(select(ContactToken.token).order_by(ContactToken.token)).all()
    assert now == people
    assert found(shop, "sobek") == ["roti sobek"]
