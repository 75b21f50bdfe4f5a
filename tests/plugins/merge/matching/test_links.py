"""What a provider itself says of two addresses is strong evidence, and no merge."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from core.inbound import Address, AddressesLinked, IdentityKind
from core.models import Contact, Customer, MergeEvent
from core.models.base import now
from core.services.erase import erase_contact
from core.services.receive_many.all import receive_all
from core.testing.installation import CloudLine, Installation
from plugins.merge.matching import queue
from plugins.merge.matching.models import MatchKey, MatchLink
from plugins.merge.matching.suggesting import suggestions
from plugins.merge.services import merge
from tests.services.test_receive import written

PHONE = Address(IdentityKind.PHONE, "+6281234567890")
LID, BSUID = Address(IdentityKind.LID, "9876543210"), Address(IdentityKind.BSUID, "ID.dewi")
ONE_BY_ONE, IN_RUNS = 100, 1


@pytest.fixture
def desk(house: Installation) -> Installation:
    with house.tenant() as session:
        house.desk.host.switches.enable(session, "merge")
        house.desk.host.settings.save(session, "merge", {"merge_verified": True})
    house.work()
    return house


def hear(desk: Installation, line: CloudLine, *items: Any, fewest: int = ONE_BY_ONE) -> None:
    with desk.tenant() as session:
        receive_all(session, line.channel(session), items, fewest=fewest)


def evidence(desk: Installation) -> list[list[str]]:
    desk.work()
    with desk.tenant(write=False) as session:
        return [each.pair.evidence for each in queue.waiting(session, 10)]


def count(desk: Installation, noun: type[Any]) -> int:
    with desk.tenant(write=False) as session:
        return session.scalar(select(func.count()).select_from(noun)) or 0


@pytest.mark.parametrize("other", [LID, BSUID], ids=["lid", "bsuid"])
@pytest.mark.parametrize("fewest", [ONE_BY_ONE, IN_RUNS], ids=["one by one", "in runs"])
def test_E12_two_addresses_in_one_message_are_one_account(desk, other, fewest) -> None:
    with desk.cloud() as line:
        hear(desk, line, written(PHONE, name="Dewi Lestari"), fewest=fewest)
        hear(desk, line, written(other, name="D."), fewest=fewest)
        assert evidence(desk) == [], "two people, as far as anybody knows"
        for _ in range(2):  # said again, it is no news
            hear(desk, line, written(PHONE, other), fewest=fewest)
        assert evidence(desk) == [["same_account"]]
    assert (count(desk, MatchLink), count(desk, MergeEvent)) == (1, 0), "a person decides"
    with desk.tenant(write=False) as session:
        home = session.scalars(select(Customer).order_by(Customer.id)).first()
        (found,) = suggestions(session, home)
        assert (found.grade, found.evidence) == ("sure", ("same_account",))


def test_E12_a_mapping_told_by_itself_counts_even_where_the_names_differ(desk) -> None:
    with desk.cloud() as line:
        hear(desk, line, written(PHONE, name="Dewi Lestari"), written(LID, name="Budi Santoso"))
        hear(desk, line, AddressesLinked((PHONE, LID), now()))
        assert evidence(desk) == [["same_account", "names_differ"]]


def test_E12_once_they_are_one_customer_nothing_is_told_any_more(desk) -> None:
    with desk.cloud() as line:
        hear(desk, line, written(PHONE), written(LID), AddressesLinked((PHONE, LID), now()))
        assert evidence(desk) == [["same_account"]]
        with desk.tenant() as session:
            one, other = session.scalars(select(Customer.id).order_by(Customer.id)).all()
            merge(session, one, [other])
        hear(desk, line, written(PHONE, LID), fewest=IN_RUNS)
        hear(desk, line, AddressesLinked((PHONE, LID), now()))
        assert evidence(desk) == []


def test_E12_erasing_one_of_them_forgets_the_link(desk) -> None:
    with desk.cloud() as line:
        hear(desk, line, written(PHONE), written(LID), AddressesLinked((PHONE, LID), now()))
        assert evidence(desk) == [["same_account"]]
    with desk.tenant() as session:
        contact = session.scalars(select(Contact).order_by(Contact.id)).first()
        assert contact is not None
        erase_contact(session, contact)
    assert evidence(desk) == []
    assert count(desk, MatchLink) == 0
    with desk.tenant(write=False) as session:
        assert (
            session.scalars(select(MatchKey.key).where(MatchKey.key.startswith("a:"))).all() == []
        )
