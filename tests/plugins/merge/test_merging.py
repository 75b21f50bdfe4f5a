"""Merging and taking it back, through the services."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from core.errors import Conflict, Gone, Refused
from core.models import Contact, Customer, MergeEvent
from core.services.customers import resolve
from core.tenancy.session import TenantSession
from core.testing.installation import Installation
from plugins.merge import services
from tests.plugins.merge.people import contact_of, partition, people


@pytest.fixture
def session(house: Installation) -> Iterator[TenantSession]:
    with house.tenant() as opened:
        yield opened


def test_E3_merging_two_makes_one_group(session: TenantSession) -> None:
    dewi, lestari = people(session, "Dewi", "Dewi Lestari")
    event = services.merge(session, dewi.id, [lestari.id])
    group = session.get_one(Customer, event.customer_id)
    assert group.is_group
    assert {contact.name for contact in group.contacts} == {"Dewi", "Dewi Lestari"}
    assert resolve(session, dewi.id) is resolve(session, lestari.id) is group
    assert group.name == "Dewi Lestari"


def test_E8_unmerging_the_last_pair_dissolves_the_group(session: TenantSession) -> None:
    dewi, lestari = people(session, "Dewi", "Dewi Lestari")
    group_id = services.merge(session, dewi.id, [lestari.id]).customer_id
    services.unmerge(session, group_id, contact_of(session, lestari).id)
    assert len(partition(session)) == 2
    assert resolve(session, group_id) is resolve(session, dewi.id) is dewi
    assert resolve(session, lestari.id) is lestari
    assert dewi.archived_at is lestari.archived_at is None


def test_E5_the_eleventh_is_refused_on_the_sum(session: TenantSession) -> None:
    crowd = people(session, *(f"Person {n}" for n in range(13)))
    first = services.merge(session, crowd[0].id, [each.id for each in crowd[1:6]]).customer_id
    second = services.merge(session, crowd[6].id, [each.id for each in crowd[7:12]]).customer_id
    before = partition(session)
    with pytest.raises(Refused, match="12 contacts") as refused:
        services.merge(session, first, [second])
    assert refused.value.field == "with"
    assert partition(session) == before
    services.unmerge(session, second, contact_of(session, crowd[11]).id)
    services.merge(session, first, [second])
    assert max(map(len, partition(session))) == 11


def test_undoing_a_merge_of_two_groups_brings_both_back(session: TenantSession) -> None:
    a, b, c, d = people(session, "A", "B", "C", "D")
    first = services.merge(session, a.id, [b.id]).customer_id
    second = services.merge(session, c.id, [d.id]).customer_id
    before = partition(session)
    event = services.merge(session, first, [second])
    assert resolve(session, second).id == first
    services.undo(session, event.id)
    assert partition(session) == before
    assert resolve(session, second).id == second
    with pytest.raises(Conflict, match="undone already"):
        services.undo(session, event.id)


def test_an_undone_merges_group_is_gone(session: TenantSession) -> None:
    a, b = people(session, "A", "B")
    event = services.merge(session, a.id, [b.id])
    services.undo(session, event.id)
    with pytest.raises(Gone):
        resolve(session, event.customer_id)
    assert services.forbidden_between(
        session, [contact_of(session, a).id], [contact_of(session, b).id]
    )


def test_the_same_key_gives_the_same_event(session: TenantSession) -> None:
    a, b, c = people(session, "A", "B", "C")
    event = services.merge(session, a.id, [b.id], idempotency_key="k")
    assert services.merge(session, a.id, [b.id], idempotency_key="k") is event
    with pytest.raises(Conflict):
        services.merge(session, a.id, [c.id], idempotency_key="k")


def test_a_stale_preview_is_refused(session: TenantSession) -> None:
    a, b, c = people(session, "A", "B", "C")
    shown = services.preview(session, a.id, [b.id])
    services.merge(session, b.id, [c.id])
    with pytest.raises(services.StalePreview):
        services.merge(session, a.id, [b.id], version=shown.token)
    fresh = services.preview(session, a.id, [b.id])
    assert fresh.count == 3
    services.merge(session, a.id, [b.id], version=fresh.token)
    assert len(partition(session)) == 1
    assert len(session.scalars(select(MergeEvent)).all()) == 2
    assert len(session.scalars(select(Contact)).all()) == 3
