"""The daily digest: each morning of the tenant's clock, once, whatever happens in between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from core.boot import open_desk
from core.models import Job, MergeEvent, Notice
from core.models.base import now
from core.services import notices
from core.services.tenants import tenant_of
from core.testing.installation import Installation
from plugins import BUILTIN
from plugins.merge.matching.digest import announce, next_morning
from plugins.merge.matching.jobs import look
from plugins.merge.matching.models import MergeDigest
from tests.plugins.merge.matching.test_policy import verified

DAY = timedelta(days=1)


@pytest.fixture
def desk(house: Installation) -> Installation:
    with house.tenant() as session:
        house.desk.host.switches.enable(session, "merge")
        house.desk.host.settings.save(session, "merge", {"merge_verified": True})
    house.work()
    return house


def merged(desk: Installation, *names: str) -> None:
    """One merge that needed nobody for each name."""
    for name in names:
        mail = f"{name.lower()}.l@gmail.com"
        ids = verified(desk, (name, mail), (name, f"{name.lower()}l+wa@gmail.com"))
        with desk.tenant() as session:
            look(session, ids)


def told(desk: Installation) -> list[str]:
    with desk.tenant(write=False) as session:
        return [str(each.title) for each in notices.open_notices(session)]


def due(desk: Installation) -> datetime:
    with desk.tenant(write=False) as session:
        return session.scalars(select(MergeDigest.due_at)).one()


@pytest.mark.parametrize(
    ("moment", "zone", "expected"),
    [
        ("2026-11-22T00:59", "Asia/Jakarta", "2026-11-22T01:00"),
        ("2026-11-22T01:00", "Asia/Jakarta", "2026-11-23T01:00"),
        ("2026-11-22T20:00", "Europe/Bucharest", "2026-11-23T06:00"),
        ("2026-10-24T20:00", "Europe/Bucharest", "2026-10-25T06:00"),  # the clock goes back
        ("2026-03-28T20:00", "Europe/Bucharest", "2026-03-29T05:00"),  # and forward
    ],
)
def test_E12_a_morning_is_one_of_the_tenants_clock(moment: str, zone: str, expected: str) -> None:
    found = next_morning(datetime.fromisoformat(moment).replace(tzinfo=UTC), zone, 8)
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_E12_the_digest_comes_in_the_morning_and_leads_to_where_each_is_undone(desk) -> None:
    merged(desk, "Dewi", "Rina")
    desk.work()
    assert told(desk) == [], "not before the morning"
    with desk.tenant(write=False) as session:
        zone = tenant_of(session).time_zone
        assert due(desk) == next_morning(now(), zone, 8)
        assert [event.is_automatic for event in session.scalars(select(MergeEvent))] == [True, True]
    desk.desk.jobs.run_pending(due(desk) - timedelta(minutes=1))
    assert told(desk) == []
    desk.desk.jobs.run_pending(due(desk))
    (title,) = told(desk)
    assert title.startswith("2 merges by themselves until ")
    with desk.tenant(write=False) as session:
        notice = session.scalars(select(Notice)).one()
        assert notice.href == "/merge/suggestions/automatic"
    desk.desk.jobs.run_pending(due(desk) + 3 * DAY)
    assert len(told(desk)) == 1, "once, and nothing on a day without merges"


def test_E12_a_restart_and_a_second_job_tell_nothing_twice(desk, settings) -> None:
    merged(desk, "Dewi")
    moment = due(desk)
    with desk.tenant() as session:  # as two processes may write it for the same morning
        job = session.scalars(select(Job).where(Job.actor == "merge.digest")).one()
        session.add(
            Job(actor=job.actor, payload=job.payload, lane=None, queue=job.queue, due_at=job.due_at)
        )
    restarted = open_desk(settings, BUILTIN)
    try:
        restarted.jobs.run_pending(moment)
    finally:
        restarted.database.dispose()
    with desk.tenant() as session:
        (notice,) = notices.open_notices(session)
        notices.close(session, notice)
    desk.desk.jobs.run_pending(moment + DAY)
    assert told(desk) == [], "the person has closed it: no second job opens it again"
    with desk.tenant() as session:
        assert session.scalars(select(Job).where(Job.actor == "merge.digest")).all() == []


def test_E12_each_day_has_its_own_and_a_rolled_back_merge_none(desk) -> None:
    merged(desk, "Dewi")
    first = due(desk)
    desk.desk.jobs.run_pending(first)
    with desk.tenant() as session:
        announce(session, 5)
        session.rollback()
    merged(desk, "Rina")
    with desk.tenant() as session:
        rows = session.execute(
            select(MergeDigest.merges, MergeDigest.told_at).order_by(MergeDigest.id)
        ).all()
    assert [(row.merges, row.told_at is not None) for row in rows] == [(1, True), (1, False)]
