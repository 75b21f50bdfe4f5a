"""A lane is a conversation: its jobs run in order, one at a time, and hold up nobody else."""

from __future__ import annotations

import random
import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.jobs.claim import Taken, claim
from core.jobs.due import WINDOW, due
from core.jobs.engine import JobEngine
from core.jobs.outbox import enqueue
from core.jobs.registry import JobRegistry
from core.jobs.spec import JobSpec, RetryAt, job
from core.models import Job, JobState
from core.models.base import now
from core.testing.waiting import wait_until
from tests.jobs.effects import Effect


@job("shop.say", max_attempts=2)
def say(session, payload):
    if payload.get("fail"):
        raise ValueError("no")
    session.add(Effect(key=payload["key"]))


def put(session, key, lane, **more):
    options = {k: more.pop(k) for k in ("due_at",) if k in more}
    return enqueue(session, "shop.say", {"key": key, **more}, lane=lane, **options)


def test_lanes_keep_their_order_under_four_threads(database, build, effects, jobs):
    running: dict[str, int] = {}
    overlaps = []
    failed = set()
    lock = threading.Lock()

    class Twice:
        """A provider call, so that handlers really run side by side on SQLite too."""

        timeout = 5

        def claim(self, session, payload):
            with lock:
                running[payload["lane"]] = running.get(payload["lane"], 0) + 1
                if running[payload["lane"]] > 1:
                    overlaps.append(payload)
            return payload

        def call(self, payload):
            time.sleep(random.random() * 0.004)
            with lock:
                if payload["number"] % 7 == 3 and payload["key"] not in failed:
                    failed.add(payload["key"])
                    raise ValueError("once")

        def complete(self, session, payload, claimed, result):
            session.add(Effect(key=payload["key"]))
            with lock:
                running[payload["lane"]] -= 1

        def fail(self, session, payload, claimed, error):
            with lock:
                running[payload["lane"]] -= 1
            return RetryAt(now())

    engine = build(JobSpec("shop.twice", call=Twice()), clock=now)
    with database.tenant(1) as session:
        for number in range(20):
            for lane in "abcdef":
                payload = {"key": f"{lane}{number:02}", "lane": lane, "number": number}
                enqueue(session, "shop.twice", payload, lane=lane)
    engine.start()
    assert wait_until(lambda: not jobs())
    written = effects()
    assert overlaps == []
    assert len(written) == 120
    for lane in "abcdef":
        mine = [key for key in written if key[0] == lane]
        assert mine == sorted(mine)


def test_a_retried_job_holds_its_lane_until_it_is_dead(database, build, effects, jobs, clock):
    engine = build(say)
    with database.tenant(1) as session:
        put(session, "a1", "a", fail=True)
        put(session, "a2", "a")
        put(session, "b1", "b")
        put(session, "free", None)
    engine.run_pending()
    assert effects() == ["b1", "free"]
    assert engine.run_pending() == 0
    clock.move(seconds=3)
    engine.run_pending()
    assert jobs()[0].state is JobState.DEAD
    assert effects() == ["b1", "free", "a2"]


def test_one_lanes_name_is_another_tenants_too(database, build, effects):
    engine = build(say)
    with database.tenant(1) as session:
        put(session, "mine", "a", fail=True)
    with database.tenant(2) as session:
        put(session, "theirs", "a")
    engine.run_pending()
    assert effects() == ["theirs"]


def test_work_for_later_holds_no_lane(database, build, effects, clock):
    engine = build(say)
    with database.tenant(1) as session:
        put(session, "monday", "a", due_at=clock() + timedelta(days=2))
        put(session, "today", "a")
    engine.run_pending()
    assert effects() == ["today"]
    clock.move(days=3)
    engine.run_pending()
    assert effects() == ["today", "monday"]


def test_a_leased_job_holds_its_lane_even_for_an_earlier_one(database, build, effects, clock):
    """A retried dead job and a reminder that came due are older than what is running."""
    engine = build(say)
    with database.tenant(1) as session:
        put(session, "monday", "a", due_at=clock() + timedelta(seconds=10))
        put(session, "today", "a")
    (running,) = engine._relay.claim("now", clock())
    clock.move(seconds=11)
    assert engine.run_pending() == 0
    engine._runner.run(running.spec, 1, running.pairs)
    assert engine.run_pending() == 1
    assert effects() == ["today", "monday"]


def test_claims_take_turns(postgres, clock):
    """Blind to what the other leases, two at once could run two jobs of one lane together."""
    registry = JobRegistry()
    registry.register("shop", say)
    with postgres.tenant(1) as session:
        put(session, "monday", "a", due_at=clock() + timedelta(seconds=10))
        put(session, "today", "a")

    def lease(session, moment):
        found = claim(session, registry, "now", moment, slots=9, lease=timedelta(seconds=30))
        return sum(len(dispatch.pairs) for dispatch in found)

    later = clock() + timedelta(seconds=11)
    with postgres.system() as first:
        assert lease(first, clock()) == 1
        with postgres.system() as second, pytest.raises(Taken):
            lease(second, later)
    with postgres.system() as second:
        assert lease(second, later) == 0


def test_an_error_in_front_delays_no_other_lane(database, build, effects):
    engine = build(say, clock=now)
    with database.tenant(1) as session:
        for number in range(30):
            put(session, f"bad{number}", f"bad{number}", fail=True)
        for number in range(30):
            put(session, f"good{number}", f"good{number}")
    engine.start()
    begun = time.monotonic()
    assert wait_until(lambda: len(effects()) == 30)
    assert time.monotonic() - begun < 5
    assert all(key.startswith("good") for key in effects())


@pytest.mark.parametrize("tenant_id", [1, 2])
def test_what_stands_behind_a_deep_lane_is_found(database, build, effects, clock, tenant_id):
    """More held jobs than a claim looks at hide neither other lanes nor work without one."""
    engine = build(say)
    with database.tenant(1) as session:
        for number in range(WINDOW + 5):
            put(session, f"deep{number}", "deep")
    assert engine._relay.claim("now", clock())  # the deep lane's first is held from now on
    with database.tenant(tenant_id) as session:
        for key, lane in (("a1", "a"), ("a2", "a"), ("z1", "z"), ("free", None)):
            put(session, key, lane)
    with database.system(write=False) as session:
        found = due(session, "now", clock(), 9)
    assert [row.lane for row in found] == [None, "a", "z"]
    assert {row.tenant_id for row in found} == {tenant_id}
    with database.system(write=False) as session:
        assert len(due(session, "now", clock(), 1)) == 1


def test_periodic_work_of_the_core_is_found_behind_a_deep_lane(database, build, clock):
    build(say)
    with database.tenant(1) as session:
        for number in range(WINDOW + 1):
            put(session, f"deep{number}", "deep")
    with database.system() as session:
        for _ in range(2):
            enqueue(session, "core.tick", {}, lane="schedule:core.tick")
        found = due(session, "now", clock(), 9)
    assert [row.lane for row in found] == ["deep", "schedule:core.tick"]


@job("shop.tell", batch=True, max_attempts=2)
def tell(session, payloads):
    for payload in payloads:
        if payload.get("fail"):
            raise ValueError("no")
        session.add(Effect(key=payload["key"]))
        session.flush()


def told(session, key, lane="a", **more):
    options = {k: more.pop(k) for k in ("due_at", "queue") if k in more}
    return enqueue(session, "shop.tell", {"key": key, **more}, lane=lane, **options)


def test_jobs_of_one_lane_run_in_one_batch_in_their_order(database, build, effects, clock):
    engine = build(tell)
    with database.tenant(1) as session:
        for number in range(120):
            told(session, f"{number:03}")
    sizes = []
    while chosen := engine._relay.claim("now", clock()):
        sizes += [len(dispatch.pairs) for dispatch in chosen]
        engine._here.deliver("now", chosen)
    assert sizes == [50, 50, 20]
    assert effects() == [f"{number:03}" for number in range(120)]


def test_a_batch_stops_where_its_lane_does(database, build, effects, clock):
    """At another kind of work and at one that is being retried; a reminder for later is passed."""
    engine = build(tell, say)
    with database.tenant(1) as session:
        told(session, "a1")
        told(session, "a-monday", due_at=clock() + timedelta(days=2))
        told(session, "a2")
        put(session, "a3", "a")
        told(session, "a4")
        for key in ("b1", "b2", "b3"):
            told(session, key, lane="b")
    (dispatch,) = engine._relay.claim("now", clock())
    engine._here.deliver("now", [dispatch])
    assert effects() == ["a1", "a2", "b1", "b2", "b3"]
    assert [d.spec.name for d in engine._relay.claim("now", clock())] == ["shop.say"]


def test_a_retried_job_ends_the_batch_of_its_lane(database, build, effects, jobs, clock):
    engine = build(tell)
    with database.tenant(1) as session:
        for number in range(4):
            told(session, f"a{number}", fail=number == 1)
        told(session, "b0", lane="b")
    engine.run_pending()
    assert effects() == ["a0", "b0"]
    assert [(row.payload["key"], row.state, row.failures) for row in jobs()] == [
        ("a1", JobState.READY, 1),
        ("a2", JobState.READY, 0),
        ("a3", JobState.READY, 0),
    ]
    clock.move(seconds=5)
    engine.run_pending()
    assert jobs()[0].state is JobState.DEAD
    assert effects() == ["a0", "b0", "a2", "a3"]


def test_a_batch_has_no_gap_where_another_transaction_holds_a_job(postgres, clock):
    registry = JobRegistry()
    registry.register("shop", tell)
    engine = JobEngine(postgres, registry)
    with postgres.tenant(1) as session:
        for number in range(4):
            told(session, f"a{number}")
    with postgres.system() as holding:
        ids = holding.scalars(select(Job.id).order_by(Job.id)).all()
        holding.execute(select(Job.id).where(Job.id == ids[2]).with_for_update())
        (dispatch,) = engine._relay.claim("now", clock())
    assert [job_id for job_id, _ in dispatch.pairs] == ids[:2]
