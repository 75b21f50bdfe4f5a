"""Clock jumps of two hours, either way: what waits, what is leased, what is periodic."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.jobs.lease import LEASE
from core.jobs.outbox import enqueue
from core.jobs.schedule import periodic
from core.jobs.set_back import LONGEST_LEASE, SetBack
from core.jobs.spec import job
from core.models import JobState
from core.models.base import now
from tests.jobs.effects import Effect

HOURS = 2


@job("shop.note")
def note(session, payload):
    session.add(Effect(key=payload["key"]))


@pytest.fixture
def real(clock):
    """The clock as it is, so that rows are written with the same one that jobs are read with."""
    clock.now = now()
    return clock


def test_set_back_what_was_due_stays_due_and_in_order(database, build, jobs, effects, real):
    """Without it the old message waits two hours, and the next of its conversation overtakes it."""
    engine = build(note)
    relay = engine._relay
    real.move(hours=HOURS)  # the clock was wrong when the first was written
    relay.heed_clock(real())
    with database.tenant(1) as session:
        first = enqueue(session, "shop.note", {"key": "first"}, lane="a", due_at=real())
        first.created_at = real()
        later = enqueue(session, "shop.note", {"key": "later"}, due_at=real() + timedelta(hours=1))
        later.created_at = real()
    real.move(hours=-HOURS)
    with database.tenant(1) as session:
        enqueue(session, "shop.note", {"key": "second"}, lane="a", due_at=real())
    relay.heed_clock(real())
    engine.run_pending()
    engine.run_pending()
    assert effects() == ["first", "second"]
    assert [row.payload["key"] for row in jobs()] == ["later"]


def test_set_back_a_time_of_day_is_waited_for(database, build, jobs, effects, real):
    """A reminder that the wrong clock had made due isn't due any more."""
    engine = build(note)
    with database.tenant(1) as session:
        enqueue(session, "shop.note", {"key": "x"}, due_at=real() + timedelta(hours=1))
    real.move(hours=HOURS)
    real.move(hours=-HOURS)
    engine._relay.heed_clock(real())
    assert effects() == []
    assert [row.state for row in jobs()] == [JobState.READY]


def test_set_back_a_dead_workers_lease_ends_soon(database, build, jobs, real):
    engine = build(note)
    real.move(hours=HOURS)
    with database.tenant(1) as session:
        enqueue(session, "shop.note", {"key": "x"}, due_at=real())
    engine._relay.heed_clock(real())
    engine._relay.claim("now", real())
    real.move(hours=-HOURS)
    engine._relay.heed_clock(real())
    assert jobs()[0].lease_until <= real() + max(LEASE, LONGEST_LEASE)


def test_set_forward_a_lease_ends_early_and_the_fence_holds(database, build, jobs, effects, real):
    """The work in hand loses its lease. It is done once: by this attempt or by the next."""
    engine = build(note)
    with database.tenant(1) as session:
        enqueue(session, "shop.note", {"key": "x"}, due_at=real())
    (held,) = engine._relay.claim("now", real())
    real.move(hours=HOURS)
    engine._relay.mind(real())
    engine.run_pending()
    engine._here.deliver("now", [held])
    assert effects() == ["x"]
    assert jobs() == []


def test_the_schedule_ticks_each_time_once_whatever_the_clock_does(database, build, jobs, real):
    @periodic("core.tick", "*/30 * * * *", system=True)
    def half_hourly(session, payload):
        session.add(Effect(key="tick"))

    engine = build()
    engine._registry.register("core", half_hourly)
    engine.start()
    engine.stop()
    relay = engine._relay

    def ticks():
        return sum(row.actor == "core.tick" for row in jobs())

    real.move(hours=HOURS)
    relay.mind(real())
    relay.mind(real())
    assert ticks() == 1  # four were missed: one makes them up
    real.move(hours=-HOURS)
    relay.mind(real())
    assert ticks() == 1  # none is ticked twice: it waits until its time comes again
    real.move(hours=HOURS, minutes=31)
    relay.mind(real())
    assert ticks() == 2


def test_a_clock_that_is_kept_is_never_taken_for_set_back(real):
    passed = 0.0
    look = SetBack(real, lambda: passed)
    for seconds, slewed in ((10, 0), (3600, -2), (1, 4), (0, 0)):
        passed += seconds
        real.move(seconds=seconds + slewed)
        assert look.look() is None
    real.move(seconds=-60)
    assert look.look() == timedelta(seconds=60)
    assert look.look() is None
