"""Unmerged, every row is as it was; what came in between stays where it came (E10)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from core.errors import NotFound
from core.models import Message
from core.services.receive import receive
from core.services.recipients import recipients
from core.testing.installation import CloudLine, Installation
from core.testing.tables import tenant_tables
from plugins.merge import services
from tests.plugins.merge.people import contact_of, people
from tests.services.test_receive import phone, written

# the log and its list, a gone group's choice, what a person said, who did it, what follows
OWN = {
    "audit_entry",
    "customer_choice",
    "customer_merge",
    "customer_merge_contact",
    "job",
    "merge_forbidden",
}


@pytest.fixture
def line(house: Installation) -> Any:
    with house.cloud() as connected:
        yield connected


def rows(house: Installation) -> dict[str, set[tuple[str, ...]]]:
    """Every row of every table but merging's own, without the counter of changes."""
    found = {}
    with house.desk.database.system(write=False) as session:
        for table in tenant_tables(house.desk):
            if table.name in OWN:
                continue
            names = [column for column in table.columns if column.name != "version"]
            found[table.name] = {
                tuple(str(value) for value in row) for row in session.execute(select(*names))
            }
    return found


def test_E10_every_row_is_as_before(house: Installation, line: CloudLine) -> None:
    with house.tenant() as session:
        for number, text in (("+6281111111111", "one"), ("+6282222222222", "two")):
            receive(session, line.channel(session), written(phone(number), text=text, name=text))
        dewi, budi = people(session, "Dewi", "Budi")
        one = session.scalars(select(Message).where(Message.body == "one")).one().contact
        two = session.scalars(select(Message).where(Message.body == "two")).one().contact
        ids = [one.customer_id, two.customer_id, dewi.id, budi.id]
        leaving = [two.id, contact_of(session, dewi).id, contact_of(session, budi).id]
    before = rows(house)
    with house.tenant() as session:
        group_id = services.merge(session, ids[0], ids[1:]).customer_id
    assert rows(house) != before
    with house.tenant() as session:
        for contact_id in leaving:
            services.unmerge(session, group_id, contact_id)
    after = rows(house)
    (group,) = after["customer"] - before["customer"]
    assert str(group_id) in group
    after["customer"].discard(group)
    assert after == before


def test_E10_what_came_in_between_belongs_to_its_identity(
    house: Installation, line: CloudLine
) -> None:
    with house.tenant() as session:
        for number in ("+6281111111111", "+6282222222222"):
            receive(session, line.channel(session), written(phone(number), text="first"))
        first, second = session.scalars(select(Message).order_by(Message.id)).all()
        group_id = services.merge(
            session, first.contact.customer_id, [second.contact.customer_id]
        ).customer_id
        receive(session, line.channel(session), written(phone("+6282222222222"), text="between"))
        services.unmerge(session, group_id, second.contact_id)
        between = session.scalars(select(Message).where(Message.body == "between")).one()
        assert between.contact_id == second.contact_id
        assert between.conversation_id == second.conversation_id


def test_E9_one_person_is_written_to_once(house: Installation, line: CloudLine) -> None:
    with house.tenant() as session:
        dewi, lestari, budi = people(session, "Dewi", "Lestari", "Budi")
        everybody = [dewi.id, lestari.id, budi.id]
        assert len(recipients(session, everybody)) == 3
        services.merge(session, dewi.id, [lestari.id])
        found = recipients(session, everybody)
        assert len(recipients(session, [each.customer_id for each in found])) == 2
        assert {str(each.way.contact) for each in found} <= {"Dewi", "Lestari", "Budi"}
        again = services.merge(session, found[-1].customer_id, [budi.id]).customer_id
        assert {each.customer_id for each in recipients(session, everybody)} == {again}


def test_E12_not_the_same_person_is_remembered(house: Installation) -> None:
    with house.tenant() as session:
        dewi, lestari = people(session, "Dewi", "Lestari")
        one, other = contact_of(session, dewi).id, contact_of(session, lestari).id
        services.forbid(session, other, one, evidence=["same_name"])
        assert services.forbidden_between(session, [one], [other]) == {(one, other)}
        with pytest.raises(Exception, match="only a person may"):
            services.merge(session, dewi.id, [lestari.id], is_automatic=True)
        assert services.allow(session, one, other)
        services.merge(session, dewi.id, [lestari.id], is_automatic=True)


def test_E13_customers_of_different_tenants_never_merge(house: Installation) -> None:
    with house.add_tenant("other").tenant() as session:
        (stranger,) = people(session, "Stranger")
        stranger_id = stranger.id
    with house.tenant() as session:
        (dewi,) = people(session, "Dewi")
        for main, others in ((dewi.id, [stranger_id]), (stranger_id, [dewi.id])):
            with pytest.raises(NotFound):
                services.merge(session, main, others)
