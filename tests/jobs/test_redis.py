"""Over Redis: any relay leases, any worker runs, and what Redis loses or repeats costs nothing."""

from __future__ import annotations

import threading
import time
import uuid
from datetime import timedelta

import pytest
import redis as redis_client

from core.jobs import carry_redis
from core.jobs.carry_redis import RedisCarrier
from core.jobs.engine import JobEngine
from core.jobs.flights import MOST_SLOW
from core.jobs.lease import LEASE, begin
from core.jobs.outbox import enqueue
from core.jobs.queues import QUEUES
from core.jobs.registry import JobRegistry
from core.jobs.spec import JobSpec, job
from core.models import JobState
from core.models.base import now
from core.testing.databases import run_redis
from core.testing.waiting import wait_until
from tests.jobs.effects import Effect, SlowCall


@pytest.fixture
def database(postgres):
    """Many processes mean PostgreSQL."""
    return postgres


@pytest.fixture
def redis(redis_server):
    client = redis_client.Redis.from_url(redis_server, socket_timeout=5)
    yield client
    client.close()


@pytest.fixture
def over_redis(build, redis):
    """Engines as of several processes: one namespace, one database, the real clock."""
    namespace = f"test:{uuid.uuid4()}"

    def build_engine(*specs, **options):
        return build(
            *specs, **{"clock": now, "redis": redis, "namespace": namespace, "poll": 300, **options}
        )

    return build_engine


@job("shop.note", max_attempts=3)
def note(session, payload):
    session.add(Effect(key=payload["key"]))


def put(database, *keys, actor="shop.note", **options):
    with database.tenant(1) as session:
        for key in keys:
            enqueue(session, actor, {"key": key}, **options)


def test_a_commit_of_another_process_wakes_a_relay(database, over_redis, effects):
    over_redis(note).start()
    web = over_redis(note)  # enqueues, and runs nothing
    assert wait_until(lambda: web._bell.listeners() == 1)
    for number in range(5):
        put(database, str(number))
        assert wait_until(lambda wanted=number + 1: len(effects()) == wanted)


def test_two_processes_share_the_work_and_do_it_once(database, over_redis, effects, jobs):
    ran: dict[str, int] = {}

    def named(name):
        @job("shop.note")
        def run(session, payload):
            ran[name] = ran.get(name, 0) + 1
            session.add(Effect(key=payload["key"]))

        return run

    for name in ("a", "b"):
        over_redis(named(name), threads=2).start()
    put(database, *(f"{number:03}" for number in range(200)))
    assert wait_until(lambda: not jobs(), 60)
    assert sorted(effects()) == [f"{number:03}" for number in range(200)]
    assert set(ran) == {"a", "b"}


def test_lanes_keep_their_order_across_processes(database, over_redis, effects, jobs):
    for _ in range(2):
        over_redis(note, threads=3).start()
    with database.tenant(1) as session:
        for number in range(15):
            for lane in "abcd":
                enqueue(session, "shop.note", {"key": f"{lane}{number:02}"}, lane=lane)
    assert wait_until(lambda: not jobs(), 60)
    written = effects()
    assert len(written) == 60
    for lane in "abcd":
        mine = [key for key in written if key[0] == lane]
        assert mine == sorted(mine)


def test_nothing_stays_in_redis(database, over_redis, redis, effects, jobs):
    engine = over_redis(note)
    engine.start()
    put(database, *"abcdef")
    assert wait_until(lambda: not jobs())
    engine.stop()
    left = {key.decode().rsplit(":", 1)[-1] for key in redis.keys(f"{engine._namespace}*")}
    assert left <= {"__heartbeats__"}


def carrier(database, redis, *specs, threads=2):
    """A worker process's end of the wire, not started."""
    registry = JobRegistry()
    for spec in specs:
        registry.register(spec.owner, spec)
    engine = JobEngine(database, registry, redis=redis, namespace=f"test:{uuid.uuid4()}")
    return RedisCarrier(
        database,
        registry,
        engine._perform_any,
        redis=redis,
        bell=engine._bell,
        namespace=engine._namespace,
        threads=threads,
        queues=QUEUES,
        clock=now,
    ), engine


def lease(database, redis, clock=now):
    """Lease what waits, as a relay that sends it nowhere."""
    end, engine = carrier(database, redis, note)
    relay = engine._new_relay(end)
    return relay, relay.claim("now", clock())


def test_what_only_waited_is_no_crash(database, redis, jobs, clock):
    """However often Redis is flushed, a job that never began is never blamed."""
    put(database, "a")
    for attempt in range(1, 6):
        relay, (dispatch,) = lease(database, redis, clock)
        assert dispatch.pairs == [(jobs()[0].id, attempt)]
        clock.move(seconds=LEASE.total_seconds() + 1)
        relay.mind(clock())
        assert (jobs()[0].state, jobs()[0].failures) == (JobState.READY, 0)


def test_what_had_begun_is_and_ends_dead(database, redis, jobs, clock):
    put(database, "a")
    for failures in range(1, 4):
        relay, (dispatch,) = lease(database, redis, clock)
        with database.system() as session:
            assert begin(session, dispatch.pairs, clock())[0] == dispatch.pairs
        clock.move(seconds=LEASE.total_seconds() + 1)
        relay.mind(clock())
        assert jobs()[0].failures == failures
    assert jobs()[0].state is JobState.DEAD
    assert jobs()[0].last_error.startswith("Interrupted")


def test_a_message_that_comes_twice_begins_once(database, redis, jobs, clock):
    put(database, "a")
    _, (dispatch,) = lease(database, redis, clock)
    with database.system() as session:
        assert begin(session, dispatch.pairs, clock())[0] == dispatch.pairs
    with database.system() as session:
        assert begin(session, dispatch.pairs, clock())[0] == []


def test_a_message_that_comes_late_never_begins(database, redis, jobs, clock):
    put(database, "a")
    relay, (late,) = lease(database, redis, clock)
    clock.move(seconds=LEASE.total_seconds() + 1)
    relay.mind(clock())
    with database.system() as session:
        assert begin(session, late.pairs, clock())[0] == []
    _, (second,) = lease(database, redis, clock)
    with database.system() as session:
        assert begin(session, late.pairs, clock())[0] == []
        assert begin(session, second.pairs, clock())[0] == second.pairs


def test_beginning_late_extends_the_lease(database, redis, jobs, clock):
    put(database, "a")
    _, (dispatch,) = lease(database, redis, clock)
    clock.move(seconds=LEASE.total_seconds() - 1)
    with database.system() as session:
        begin(session, dispatch.pairs, clock())
    assert jobs()[0].lease_until == clock() + LEASE


def test_redis_flushed_loses_nothing(database, over_redis, redis, effects, jobs):
    slow = SlowCall()
    behind = timedelta()
    engine = over_redis(
        JobSpec("shop.slow", call=slow), threads=1, poll=0.1, clock=lambda: now() + behind
    )
    engine.start()
    put(database, *"abc", actor="shop.slow")
    assert slow.begun.wait(20)
    assert wait_until(lambda: {row.state for row in jobs()} == {JobState.LEASED})
    redis.flushdb()
    slow.may_end.set()
    assert wait_until(lambda: effects() == ["a"])
    behind = LEASE + timedelta(seconds=1)
    assert wait_until(lambda: not jobs())
    assert sorted(effects()) == ["a", "b", "c"]


def test_redis_away_neither_stops_a_commit_nor_loses_it(database, build, effects, jobs, tmp_path):
    """The relay keeps trying, and leases nothing that it couldn't send."""
    client = redis_client.Redis(unix_socket_path=f"{tmp_path}/redis.sock", socket_timeout=5)
    engine = build(note, clock=now, redis=client, namespace="away", poll=0.1)
    engine.start()
    put(database, "a")
    time.sleep(0.5)
    assert [(row.state, row.attempts) for row in jobs()] == [(JobState.READY, 0)]
    with run_redis(tmp_path):
        assert wait_until(lambda: not jobs())
        put(database, "b")
        assert wait_until(lambda: not jobs())
    put(database, "c")
    time.sleep(0.5)
    assert jobs()[0].failures == 0
    with run_redis(tmp_path):
        assert wait_until(lambda: not jobs(), 40)
        engine.stop(timeout=10)
    assert effects() == ["a", "b", "c"]


def test_stopping_finishes_what_has_begun_and_leaves_the_rest_to_others(
    database, over_redis, effects, jobs
):
    begun, may_end = threading.Event(), threading.Event()

    @job("shop.slow")
    def slow(session, payload):
        if payload["key"] == "0":
            begun.set()
            assert may_end.wait(20)
        session.add(Effect(key=payload["key"]))

    first = over_redis(slow, threads=1)
    put(database, *"0123", actor="shop.slow")
    first.start()
    assert begun.wait(20)
    assert wait_until(lambda: {row.state for row in jobs()} == {JobState.LEASED})
    threading.Timer(1, may_end.set).start()
    first.stop(timeout=20)
    assert effects() == ["0"]
    over_redis(slow, threads=1).start()
    assert wait_until(lambda: not jobs())
    assert sorted(effects()) == ["0", "1", "2", "3"]


def test_a_process_claims_only_for_its_own_queues(database, over_redis, effects, jobs):
    bulk = JobSpec("shop.bulk", run=note.run, queue="bulk")
    worker = over_redis(note, bulk, poll=0.1)
    worker.start(queues=("now",))
    put(database, "later", actor="shop.bulk", queue="bulk")
    put(database, "soon")
    assert wait_until(lambda: effects() == ["soon"])
    time.sleep(0.3)
    assert [row.state for row in jobs()] == [JobState.READY]
    over_redis(note, bulk).start(queues=("bulk",))
    assert wait_until(lambda: not jobs())


def test_what_redis_refuses_is_given_back(database, redis, jobs, monkeypatch):
    end, engine = carrier(database, redis, note)
    relay = engine._new_relay(end)
    put(database, "a")

    def refuse(queue, dispatches):
        raise redis_client.ConnectionError("gone")

    monkeypatch.setattr(end._broker, "send", refuse)
    with pytest.raises(redis_client.ConnectionError):
        relay.look()
    assert [(row.state, row.failures) for row in jobs()] == [(JobState.READY, 0)]


def test_in_flight_is_bounded_however_many_relays(database, redis, jobs):
    end, engine = carrier(database, redis, note, threads=2)
    put(database, *(str(number) for number in range(50)))
    for _ in range(4):
        engine._new_relay(end).look()
    assert sum(row.state is JobState.LEASED for row in jobs()) == 8


def test_a_full_process_puts_off_and_keeps_the_place(
    database, over_redis, effects, jobs, monkeypatch
):
    """A relay leases for all; who gets more of a crowd than it may begin gives it back."""
    slow = SlowCall()
    monkeypatch.setattr(carry_redis, "PATIENCE", 0.1)
    engine = over_redis(JobSpec("shop.slow", call=slow), note, threads=2, poll=0.2)
    with database.tenant(1) as session:
        for number in range(40):
            key = {"key": f"{number % 12} {number:02}"}
            lane = f"lane{number % 12}"
            enqueue(session, "shop.slow", key, crowd="channel:1", lane=lane)
    engine.start()
    try:
        assert slow.begun.wait(20)
        for number, key in enumerate("abc", 1):
            put(database, key)
            assert wait_until(lambda wanted=number: len(effects()) == wanted)
        assert wait_until(lambda: slow.most == MOST_SLOW)
        assert {row.failures for row in jobs()} == {0}
    finally:
        slow.may_end.set()
    assert wait_until(lambda: len(effects()) == 43, 60)
    for lane in range(12):
        mine = [key for key in effects() if key.startswith(f"{lane} ")]
        assert mine == sorted(mine)
