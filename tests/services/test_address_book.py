"""Contacts in sets: added, changed under provenance, never doubled; and taken back."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select

from core.inbound import Address, IdentityKind, InboundMessage, MessageKind
from core.models import Contact, ContactToken, Customer, FieldSource, Identity
from core.models.base import now
from core.services.address_book.bring import MOST_AT_ONCE, bring_contacts, plan_contacts
from core.services.address_book.entries import BookEntry, BookOutcome
from core.services.address_book.take_back import remove_unused_contacts, restore_fields
from core.services.customers import change_contact, create_customer
from core.services.labels import named, put_label
from core.services.receive import receive
from core.services.search_index import index_contacts
from core.tenancy.session import TenantSession
from core.testing.installation import CloudLine, Installation
from core.testing.waiting import wait_until

ANI, BUDI = "+6281234567890", "+6281234567891"


def entry(number: str, name: str = "", *more: Address) -> BookEntry:
    return BookEntry((Address(IdentityKind.PHONE, number), *more), name)


def count(session: TenantSession, noun: type) -> int:
    return session.scalar(select(func.count()).select_from(noun)) or 0


def found_by(session: TenantSession, word: str) -> list[int]:
    """The contacts that the search finds by a word."""
    statement = select(ContactToken.contact_id).where(ContactToken.token == word)
    return list(session.scalars(statement))


def test_who_is_new_is_added_with_address_profile_and_words(house: Installation) -> None:
    mail = Address(IdentityKind.EMAIL, "ani@toko.example")
    with house.tenant() as session:
        done = bring_contacts(session, [entry(ANI, "Ani Wijaya", mail), entry(BUDI)])
    assert [each.outcome for each in done] == [BookOutcome.ADDED] * 2
    with house.tenant(write=False) as session:
        ani = session.get_one(Contact, done[0].contact_id or 0)
        assert (ani.name, ani.phone, ani.email) == ("Ani Wijaya", ANI, "ani@toko.example")
        assert ani.sources == {"name": "device", "phone": "device", "email": "device"}
        assert (ani.customer.name, ani.customer.phone) == ("Ani Wijaya", ANI)
        assert {(each.kind.value, each.address) for each in ani.identities} == {
            ("phone", ANI),
            ("email", "ani@toko.example"),
        }
        assert found_by(session, "wijaya") == [ani.id]
        assert found_by(session, "4567890") == [ani.id]


def test_the_same_again_changes_nothing(house: Installation) -> None:
    entries = [entry(ANI, "Ani"), entry(ANI, "Ani"), entry(BUDI, "Budi")]
    with house.tenant() as session:
        first = bring_contacts(session, entries)
        again = bring_contacts(session, entries)
        assert [each.outcome for each in first] == ["added", "unchanged", "added"]
        assert first[0].contact_id == first[1].contact_id
        assert {each.outcome for each in again} == {BookOutcome.UNCHANGED}
        assert count(session, Contact) == count(session, Customer) == count(session, Identity) == 2


def test_A12_what_a_person_set_stays_and_the_rest_follows_the_device(house: Installation) -> None:
    with house.tenant() as session:
        made = create_customer(session, name="Bu Ani", phone=ANI)
        mail = Address(IdentityKind.EMAIL, "ani@toko.example")
        done = bring_contacts(session, [entry(ANI, "Ani Wrong", mail)])
        assert (done[0].outcome, done[0].kept) == (BookOutcome.CHANGED, ("name",))
        assert made.contacts[0].name == "Bu Ani"
        assert (made.contacts[0].email, made.email) == ("ani@toko.example",) * 2
        change_contact(session, made.contacts[0], {"email": ""})
        again = bring_contacts(session, [entry(ANI, "", mail)])
        assert (again[0].outcome, made.contacts[0].email) == (BookOutcome.UNCHANGED, "")


def test_a_changed_name_is_found_and_the_old_one_is_not(house: Installation) -> None:
    with house.tenant() as session:
        bring_contacts(session, [entry(ANI, "Ani Lama")])
        bring_contacts(session, [entry(ANI, "Ani Baru")])
    with house.tenant(write=False) as session:
        assert [len(found_by(session, word)) for word in ("baru", "lama", "ani")] == [1, 0, 1]


def test_another_spelling_of_a_line_is_the_same_person(house: Installation) -> None:
    with house.tenant() as session:
        first = bring_contacts(session, [entry("+5511987654321", "Joao")])
        again = bring_contacts(session, [entry("+551187654321", "Joao")])
        assert again[0].contact_id == first[0].contact_id
        assert session.scalars(select(Contact.phone)).all() == ["+5511987654321"]


def test_a_shared_second_number_pours_nobody_into_one(house: Installation) -> None:
    office = Address(IdentityKind.PHONE, "+62215550000")
    with house.tenant() as session:
        done = bring_contacts(session, [entry(ANI, "Ani", office), entry(BUDI, "Budi", office)])
        assert done[0].contact_id != done[1].contact_id
        owner = session.scalars(select(Identity).where(Identity.address == office.value)).one()
        assert owner.contact_id == done[0].contact_id


def test_a_plan_writes_nothing_and_tells_the_same(house: Installation) -> None:
    with house.tenant() as session:
        bring_contacts(session, [entry(ANI, "Ani")])
        entries = [entry(ANI, "Ani Baru"), entry(BUDI, "Budi")]
        planned = plan_contacts(session, entries)
        assert count(session, Contact) == 1
        assert session.scalars(select(Contact.name)).all() == ["Ani"]
        done = bring_contacts(session, entries)
    assert [each.outcome for each in planned] == [each.outcome for each in done]
    assert [each.changes for each in planned] == [each.changes for each in done]


def test_too_many_at_once_are_refused(house: Installation) -> None:
    with house.tenant() as session, pytest.raises(ValueError, match=f"at most {MOST_AT_ONCE}"):
        bring_contacts(session, [entry(ANI)] * (MOST_AT_ONCE + 1))


def test_a_number_that_is_taken_meanwhile_is_found(house: Installation) -> None:
    """PostgreSQL: another transaction has written the number and commits while we wait for it."""
    if house.desk.database.is_sqlite:
        with house.tenant() as session:  # one writer at a time: it can't happen there
            assert bring_contacts(session, [entry(ANI)])[0].outcome is BookOutcome.ADDED
        return
    results = []

    def bring() -> None:
        with house.tenant() as session:
            results.extend(bring_contacts(session, [entry(BUDI, "Budi"), entry(ANI, "Ani")]))

    with house.tenant() as session:
        create_customer(session, name="Bu Ani", phone=ANI)
        thread = threading.Thread(target=bring)
        thread.start()
        assert wait_until(lambda: _is_waiting(house))
    thread.join(20)
    assert [each.outcome for each in results] == [BookOutcome.ADDED, BookOutcome.UNCHANGED]
    with house.tenant(write=False) as session:
        assert sorted(session.scalars(select(Contact.name))) == ["Bu Ani", "Budi"]


def _is_waiting(house: Installation) -> bool:
    with house.desk.database.system(write=False) as session:
        statement = "select count(*) from pg_locks where not granted"
        return bool(session.connection().exec_driver_sql(statement).scalar())


def test_what_nobody_used_goes_and_what_somebody_used_stays(
    house: Installation, line: CloudLine
) -> None:
    numbers = [f"+62812345678{n:02}" for n in range(5)]
    with house.tenant() as session:
        done = bring_contacts(session, [entry(each, f"N{each[-1]}") for each in numbers])
        ids = [each.contact_id or 0 for each in done]
        change_contact(session, session.get_one(Contact, ids[1]), {"name": "Edited"})
        put_label(session, session.get_one(Contact, ids[3]), named(session, "wholesale"))
        sender = Address(IdentityKind.PHONE, numbers[2])
        item = InboundMessage("wamid.1", (sender,), MessageKind.TEXT, now(), text="Halo")
        receive(session, line.channel(session), item)
    with house.tenant() as session:
        stays = remove_unused_contacts(session, [*ids, 999_999])
        assert stays == {ids[1]: "edited", ids[2]: "used", ids[3]: "used", 999_999: "gone"}
        assert sorted(session.scalars(select(Contact.id))) == [ids[1], ids[2], ids[3]]
        assert count(session, Customer) == count(session, Identity) == 3
        kept = set(session.scalars(select(ContactToken.contact_id)))
        assert kept == {ids[1], ids[2], ids[3]}


def test_the_words_of_many_may_be_kept_at_the_end(house: Installation) -> None:
    with house.tenant() as session:
        bring_contacts(session, [entry(ANI, "Ani Lama")])
        done = bring_contacts(
            session, [entry(ANI, "Ani Baru"), entry(BUDI, "Budi")], is_searched=False
        )
        ani, budi = (each.contact_id or 0 for each in done)
        words = select(ContactToken.token).where(ContactToken.contact_id == ani)
        kept = set(session.scalars(words))
        assert "baru" in kept, "who was there before is found by the new name at once"
        assert "lama" not in kept
        new = select(ContactToken.token).where(ContactToken.contact_id == budi)
        assert session.scalars(new).all() == []
        for _ in range(2):
            index_contacts(session, [budi])
        assert {"budi", "891"} <= set(session.scalars(new))
        assert len(set(session.scalars(new))) == len(session.scalars(new).all())


def test_fields_get_back_what_they_had_unless_changed_since(house: Installation) -> None:
    with house.tenant() as session:
        bring_contacts(
            session, [entry(ANI, "Ani"), entry(BUDI, "Budi")], source=FieldSource.PROVIDER
        )
        done = bring_contacts(session, [entry(ANI, "Ani X"), entry(BUDI, "Budi X")])
        ani, budi = (each.contact_id or 0 for each in done)
        change_contact(session, session.get_one(Contact, budi), {"name": "Pak Budi"})
        left = restore_fields(session, {ani: done[0].changes, budi: done[1].changes})
        assert left == {budi: ("name",)}
        row = session.get_one(Contact, ani)
        assert (row.name, row.sources["name"], row.customer.name) == ("Ani", "provider", "Ani")
        assert session.get_one(Contact, budi).name == "Pak Budi"
