"""Merging without a person: what the policy allows, and each thing that it must not."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from core.models import Contact, Customer, Identity, MergeEvent
from core.services.customers import create_customer
from core.testing.installation import Installation
from plugins.merge.matching.jobs import look
from plugins.merge.services import merge, undo
from tests.plugins.merge.people import partition

LINE, SAME_LINE = "+5511987654321", "+551187654321"  # one line, with and without its ninth digit


@pytest.fixture
def desk(house: Installation) -> Installation:
    with house.tenant() as session:
        house.desk.host.switches.enable(session, "merge")
        house.desk.host.settings.save(session, "merge", {"merge_verified": True})
    return house


def verified(desk: Installation, *people: tuple[str, str]) -> list[int]:
    """Customers, each by name and an address that a channel has verified; their contacts."""
    ids = []
    with desk.tenant() as session:
        for name, address in people:
            mail = "@" in address
            values = {"email": address} if mail else {"phone": ""}
            customer = create_customer(session, name=name, **values)
            contact = session.scalars(
                select(Contact).where(Contact.customer_id == customer.id)
            ).one()
            if not mail:
                identity = Identity(contact_id=contact.id, scope=0, kind="phone", address=address)
                session.add(identity)
            ids.append(contact.id)
        session.flush()
        session.execute(
            update(Identity).where(Identity.contact_id.in_(ids)).values(is_verified=True)
        )
    return ids


def merged(desk: Installation, ids: list[int]) -> list[set[int]]:
    """Who belongs together among these contacts, once the machine has looked."""
    with desk.tenant() as session:
        look(session, ids)
    with desk.tenant(write=False) as session:
        return [set(group) for group in partition(session) if len(group & set(ids)) > 1]


def test_E12_the_same_verified_mailbox_merges_by_itself_and_can_be_undone_for_good(desk):
    ids = verified(desk, ("Dewi", "dewi.l@gmail.com"), ("Dewi L", "dewil+wa@gmail.com"))
    assert merged(desk, ids) == [set(ids)]
    with desk.tenant() as session:
        event = session.scalars(select(MergeEvent)).one()
        assert event.is_automatic
        assert event.evidence[0] == "same_mailbox"
        undo(session, event.id)
    assert merged(desk, ids) == []


def test_E12_the_same_verified_number_merges_where_two_words_agree(desk):
    ids = verified(desk, ("João Silva", LINE), ("Silva Joao", SAME_LINE))
    assert merged(desk, ids) == [set(ids)]


NOT_CERTAIN = {
    "one word agrees": [("Joao", LINE), ("Joao", SAME_LINE)],
    "no name": [("1", "+5511987650001"), ("2", "+551187650001")],
    "a role's mailbox": [("Ana Info", "info@x.example"), ("Ana Info", "info+1@x.example")],
    "names contradict": [("Dewi", "dewi.k@gmail.com"), ("Joko", "d.ewik@gmail.com")],
    "five share it": [("Rina", f"rina.keluarga+{n}@gmail.com") for n in range(5)],
}


def test_E12_what_is_not_certain_only_suggests(desk):
    """All at once, as in one address book."""
    cases = {why: verified(desk, *people) for why, people in NOT_CERTAIN.items()}
    assert merged(desk, [each for ids in cases.values() for each in ids]) == []
    three = verified(desk, *[("Tono", f"tono+{n}@gmail.com") for n in range(3)])
    assert merged(desk, three) == [set(three)]


def test_E12_a_member_of_the_group_with_another_name_stops_it(desk):
    first, second, third = verified(
        desk, ("Dewi", "dewi@gmail.com"), ("Joko", "joko@x.example"), ("Dewi", "d.ewi@gmail.com")
    )
    with desk.tenant() as session:
        merge(
            session,
            session.get_one(Contact, first).customer_id,
            [session.get_one(Contact, second).customer_id],
        )
    assert merged(desk, [first, third]) == []


def test_E12_an_address_that_no_channel_verified_only_suggests(desk):
    ids = verified(desk, ("Dewi", "dewi@gmail.com"), ("Dewi", "d.ewi@gmail.com"))
    with desk.tenant() as session:
        session.execute(
            update(Identity).where(Identity.contact_id == ids[1]).values(is_verified=False)
        )
    assert merged(desk, ids) == []


def test_E12_it_is_off_until_somebody_switches_it_on(desk):
    ids = verified(desk, ("Dewi", "dewi@gmail.com"), ("Dewi", "d.ewi@gmail.com"))
    with desk.tenant() as session:
        desk.desk.host.settings.save(session, "merge", {})
    assert merged(desk, ids) == []
    with desk.tenant(write=False) as session:
        assert not session.scalars(select(Customer).where(Customer.is_group)).all()
