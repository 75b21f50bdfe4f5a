"""Suggestions beside a customer, and the queue of pairs, through the services."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.models import Contact, Customer
from core.services.customers import change_contact, create_customer, main_contact
from core.services.erase import erase_customer
from core.testing.installation import Installation
from plugins.merge.matching import queue
from plugins.merge.matching.models import MatchEntry, MatchKey, MatchPair
from plugins.merge.matching.suggesting import Suggestion, suggestions
from plugins.merge.services import allow, merge

CROWD = ["Agus Salim", "Rina Kartika", "Siti Aminah", "Maria Ionescu", "Andrei Popescu"]


@pytest.fixture
def desk(house: Installation) -> Installation:
    with house.tenant() as session:
        house.desk.host.switches.enable(session, "merge")
    for n, name in enumerate(CROWD):
        add(house, name, f"+6281300{n:06}")
    house.work()
    return house


def add(desk: Installation, name: str, phone: str = "", email: str = "") -> int:
    with desk.tenant() as session:
        return create_customer(session, name=name, phone=phone, email=email).id


def of(desk: Installation, customer_id: int) -> list[Suggestion]:
    desk.work()
    with desk.tenant(write=False) as session:
        return suggestions(session, session.get_one(Customer, customer_id))


def pairs(desk: Installation) -> list[tuple[str, str, list[str]]]:
    desk.work()
    with desk.tenant(write=False) as session:
        return [
            (each.one.name, each.other.name, each.pair.evidence)
            for each in queue.waiting(session, 100)
        ]


def test_E12_a_name_written_differently_is_suggested_with_its_evidence(desk):
    first = add(desk, "Bpk. Zulkarnaen Harahap", "+6281299990001")
    second = add(desk, "zulkarnain harahap", email="zul.harahap@example.com")
    (found,) = of(desk, first)
    assert found.customer_id == second
    assert found.evidence == ("similar_name",)
    assert [each.customer_id for each in of(desk, second)] == [first]
    assert pairs(desk) == [("Bpk. Zulkarnaen Harahap", "zulkarnain harahap", ["similar_name"])]


def test_E12_strangers_are_not_suggested(desk):
    with desk.tenant(write=False) as session:
        everybody = session.scalars(select(Customer)).all()
        assert [suggestions(session, each) for each in everybody] == [[] for _ in CROWD]
    assert pairs(desk) == []


def test_E12_not_the_same_person_is_remembered_and_can_be_revoked(desk):
    first, second = add(desk, "Zulkarnaen Harahap"), add(desk, "Zulkarnain Harahap")
    (found,) = of(desk, first)
    with desk.tenant() as session:
        queue.not_the_same(session, [found.contact_id], [found.other_id], found.evidence)
    assert of(desk, first) == of(desk, second) == []
    assert pairs(desk) == []
    with desk.tenant() as session:
        allow(session, found.contact_id, found.other_id)
    assert [each.customer_id for each in of(desk, first)] == [second]


def test_E12_a_merged_pair_waits_no_more(desk):
    first, second = add(desk, "Zulkarnaen Harahap"), add(desk, "Zulkarnain Harahap")
    assert len(pairs(desk)) == 1
    with desk.tenant() as session:
        group = merge(session, first, [second]).customer_id
    assert pairs(desk) == []
    assert of(desk, group) == []


def test_E12_a_skipped_pair_goes_to_the_end(desk):
    for name in ("Zulkarnaen Harahap", "Zulkarnain Harahap", "Bogdan Stănescu", "Bogdan Stanescu"):
        add(desk, name)
    first = pairs(desk)
    with desk.tenant() as session:
        queue.skip(session, queue.waiting(session)[0])
    assert pairs(desk) == first[::-1]


def test_E12_what_changes_is_compared_anew(desk):
    first, second = add(desk, "Zulkarnaen Harahap"), add(desk, "Toko Maju")
    assert of(desk, first) == []
    with desk.tenant() as session:
        contact = main_contact(session.get_one(Customer, second))
        change_contact(session, contact, {"name": "Zulkarnain Harahap"})
    assert [each.customer_id for each in of(desk, first)] == [second]
    with desk.tenant() as session:
        contact = main_contact(session.get_one(Customer, second))
        change_contact(session, contact, {"name": "Toko Maju"})
    assert of(desk, first) == []
    assert pairs(desk) == []


def test_E12_an_erased_customer_leaves_no_trace(desk):
    first, second = add(desk, "Zulkarnaen Harahap"), add(desk, "Zulkarnain Harahap")
    assert len(pairs(desk)) == 1
    with desk.tenant() as session:
        gone = session.get_one(Customer, second)
        contact_id = main_contact(gone).id
        erase_customer(session, gone)
    assert of(desk, first) == []
    with desk.tenant(write=False) as session:
        for kept in (MatchKey, MatchEntry, MatchPair):
            assert not session.scalars(select(kept).where(kept.contact_id == contact_id)).all()
        assert session.get_one(Contact, contact_id).name == ""
