"""Erasing somebody who was merged: they leave first, and nothing but ids stays of them (15)."""

from __future__ import annotations

from sqlalchemy import select

from core.models import AuditEntry, Contact, Customer, MergeEvent, MergeKind
from core.services.erase import erase_contact, erase_customer
from core.testing.installation import Installation
from plugins.merge import services
from tests.plugins.merge.people import contact_of, partition, people
from tests.services.test_ignored import dump

TRACES = ("Dewi Lestari", "62811000001", "dewi1@example.com", "says Dewi")


def test_a_merged_contact_leaves_no_trace_in_any_customer(house: Installation) -> None:
    with house.tenant() as session:
        dewi, budi, ratna, sari = people(session, "Dewi Lestari", "Budi", "Ratna", "Sari")
        first = services.merge(session, dewi.id, [budi.id], reason="says Dewi Lestari").customer_id
        second = services.merge(session, ratna.id, [sari.id]).customer_id
        undone = services.merge(
            session, second, [first], reason="says Dewi Lestari", evidence=["same_phone"]
        )
        services.undo(session, undone.id)
        services.merge(session, second, [first], idempotency_key="says Dewi Lestari")
        contact = contact_of(session, dewi)
        services.pin(session, second, "name", contact.id)
        contact_id, home_id = contact.id, dewi.id
    kept = dump(house)
    assert all(trace in kept for trace in TRACES)  # else the search proves nothing
    with house.tenant() as session:
        erase_contact(session, session.get_one(Contact, contact_id))
        last = session.scalars(select(MergeEvent).order_by(MergeEvent.id.desc())).first()
        assert last is not None
        assert last.kind is MergeKind.UNMERGE
        assert {len(each) for each in partition(session)} == {1, 3}
        assert session.get_one(Contact, contact_id).customer_id == home_id
    kept = dump(house)
    assert [trace for trace in TRACES if trace in kept] == []
    with house.tenant(write=False) as session:
        audit = session.scalars(select(AuditEntry).where(AuditEntry.action == "merge")).all()
        assert [entry.row_id for entry in audit], "who, when and which stay"


def test_erasing_a_merged_customer_erases_every_member(house: Installation) -> None:
    with house.tenant() as session:
        dewi, budi = people(session, "Dewi Lestari", "Budi")
        group_id = services.merge(session, dewi.id, [budi.id]).customer_id
        erase_customer(session, session.get_one(Customer, group_id))
    kept = dump(house)
    assert [trace for trace in (*TRACES, "Budi", "62811000002") if trace in kept] == []
