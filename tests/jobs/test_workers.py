"""The engine with its threads: waking, idling, stopping, and the middleware in front."""

from __future__ import annotations

import time
from datetime import timedelta

from dramatiq import Message, Worker
from dramatiq.middleware import MiddlewareError
from sqlalchemy import event, select

from core.jobs.broker import embedded_broker
from core.jobs.engine import JobEngine
from core.jobs.middleware import TenantMiddleware, TenantMissing
from core.jobs.outbox import enqueue
from core.jobs.registry import JobRegistry
from core.jobs.spec import JobSpec, job
from core.models import Job, JobState
from core.models.base import now
from core.tenancy.context import current_tenant
from core.testing.waiting import wait_until
from tests.jobs.effects import Effect, SlowCall


@job("shop.note")
def note(session, payload):
    assert current_tenant() == 1
    session.add(Effect(key=payload["key"]))


def put(database, key="a", actor="shop.note", **options):
    with database.tenant(1) as session:
        enqueue(session, actor, {"key": key}, **options)


def test_a_commit_wakes_the_relay(database, build, effects):
    engine = build(note, clock=now, poll=300)
    engine.start()
    for number in range(5):
        put(database, str(number))
        assert wait_until(lambda wanted=number + 1: len(effects()) == wanted)


def test_work_that_falls_due_is_not_left_to_the_poll(database, build, effects):
    engine = build(note, clock=now, poll=300)
    engine.start()
    put(database, due_at=now() + timedelta(seconds=0.6))
    assert wait_until(effects)


def test_other_processes_work_is_found_by_the_poll(database, build, effects):
    engine = build(note, clock=now, poll=0.1)
    engine.start()
    time.sleep(0.3)
    database.on_enqueue.clear()
    put(database)
    assert wait_until(effects)
    database.on_enqueue.append(engine.wake)


def test_many_jobs_over_four_threads_each_once(database, build, effects, jobs):
    engine = build(note, clock=now)
    engine.start()
    with database.tenant(1) as session:
        for number in range(120):
            enqueue(session, "shop.note", {"key": f"{number:03}"})
    assert wait_until(lambda: not jobs(), 30)
    assert sorted(effects()) == [f"{number:03}" for number in range(120)]


def test_an_idle_relay_reads_and_never_writes(sqlite):
    """A write on SQLite is the one lock that everybody waits for."""
    registry = JobRegistry()
    registry.register("shop", note)
    engine = JobEngine(sqlite, registry)
    with sqlite.tenant(1) as session:
        enqueue(session, "shop.note", {"key": "far"}, due_at=now().replace(year=2999))
    engine.start()
    time.sleep(0.5)
    begun = []

    def count(connection):
        begun.append(connection.get_execution_options().get("sapa_write", True))

    event.listen(sqlite.engine, "begin", count)
    time.sleep(2.2)
    engine.stop()
    assert begun
    assert not any(begun)


def test_stopping_finishes_what_has_begun_and_gives_the_rest_back(database, build, effects, jobs):
    slow = SlowCall()
    engine = build(JobSpec("shop.slow", call=slow), clock=now, threads=1)
    with database.tenant(1) as session:
        for number in range(4):
            enqueue(session, "shop.slow", {"key": str(number)})
    engine.start()
    assert slow.begun.wait(10)
    assert wait_until(lambda: {row.state for row in jobs()} == {JobState.LEASED})
    slow.end_soon()
    engine.stop(timeout=10)
    assert effects() == ["0"]
    assert [(row.state, row.failures) for row in jobs()] == [(JobState.READY, 0)] * 3
    engine.start()
    assert wait_until(lambda: not jobs())
    assert effects() == ["0", "1", "2", "3"]


def test_bulk_work_leaves_a_thread_to_the_urgent(database, build, effects):
    long = SlowCall()
    engine = build(JobSpec("shop.long", call=long, queue="bulk"), note, clock=now, threads=2)
    with database.tenant(1) as session:
        for _ in range(10):
            enqueue(session, "shop.long", {"key": "long"})
    engine.start()
    time.sleep(0.5)
    put(database)
    try:
        assert wait_until(lambda: effects() == ["a"], 5)
    finally:
        long.may_end.set()


def test_on_sqlite_a_new_process_takes_its_dead_predecessors_jobs_at_once(sqlite):
    registry = JobRegistry()
    registry.register("shop", note)
    put(sqlite)
    JobEngine(sqlite, registry)._relay.claim("now", now())
    engine = JobEngine(sqlite, registry)
    engine.start()
    try:

        def is_gone():
            with sqlite.system(write=False) as session:
                return session.scalar(select(Job.id)) is None

        assert wait_until(is_gone, 3)
    finally:
        engine.stop()


def test_a_message_without_a_tenant_never_runs(sqlite):
    ran = []
    registry = JobRegistry()
    registry.register("shop", note)
    broker = embedded_broker(registry, lambda spec, pairs, has_lane: ran.append(pairs))
    assert isinstance(broker.middleware[0], TenantMiddleware)
    worker = Worker(broker, worker_timeout=50, worker_threads=1)
    worker.start()
    try:
        for number, options in enumerate(({}, {"tenant_id": None}, {"tenant_id": 1})):
            broker.enqueue(Message("now", "shop.note", ([[number, 1]],), {}, options))
        broker.join("now", timeout=5000)
        worker.join()
    finally:
        worker.stop()
    assert ran == [[(2, 1)]]


def test_the_middlewares_refusal_is_one_that_dramatiq_obeys():
    """Any other exception of a middleware is logged, and the job runs anyway."""
    assert issubclass(TenantMissing, MiddlewareError)
