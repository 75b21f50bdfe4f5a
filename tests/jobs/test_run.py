"""A job's way from its cause to its effect, on both databases."""

from __future__ import annotations

from datetime import timedelta

import dramatiq.broker
import pytest
from sqlalchemy.exc import IntegrityError

from core.jobs.engine import JobEngine
from core.jobs.outbox import NewJob, enqueue, enqueue_rows, ring
from core.jobs.registry import JobRegistry
from core.jobs.repair import drop, retry
from core.jobs.spec import JobSpec, job
from core.models import JobState
from core.tenancy.context import WrongTenant, current_tenant
from core.tenancy.session import SystemSession, TenantSession
from tests.jobs.effects import Effect


@job("shop.note", max_attempts=3)
def note(session, payload):
    assert current_tenant() == session.tenant_id
    session.add(Effect(tenant_id=session.tenant_id, key=payload["key"]))
    session.flush()
    if payload.get("fail"):
        raise ValueError(payload["fail"])


def put(database, actor="shop.note", tenant=1, **payload):
    options = {k: payload.pop(k) for k in ("lane", "due_at", "queue") if k in payload}
    with database.tenant(tenant) as session:
        row = enqueue(session, actor, payload, **options)
        session.flush()
        return row.id


def test_a_job_runs_once_and_its_row_goes_with_the_effect(database, build, effects, jobs):
    engine = build(note)
    put(database, key="a")
    assert engine.run_pending() == 1
    assert effects() == ["a"]
    assert jobs() == []
    assert engine.run_pending() == 0


def test_a_cause_that_rolls_back_leaves_no_job(database, build, jobs):
    def cause():
        with database.tenant(1) as session:
            enqueue(session, "shop.note", {"key": "a"})
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        cause()
    assert jobs() == []
    assert build(note).run_pending() == 0


def test_each_job_works_for_its_own_tenant(database, build, effects):
    put(database, key="a", tenant=1)
    put(database, key="b", tenant=2)
    build(note).run_pending()
    assert effects() == ["a", "b"]
    assert current_tenant() is None


def test_a_system_job_has_a_system_session_and_no_tenant(database, build, effects):
    seen = []

    @job("core.sweep", system=True)
    def sweep(session, payload):
        seen.append((type(session), current_tenant()))

    with database.system() as session:
        enqueue(session, "core.sweep", {})
    build(sweep).run_pending()
    assert seen == [(SystemSession, None)]


def test_a_handlers_jobs_are_run_too(database, build, effects):
    @job("shop.start")
    def start(session, payload):
        enqueue(session, "shop.note", {"key": "child"})

    put(database, "shop.start")
    assert build(note, start).run_pending() == 2
    assert effects() == ["child"]


def test_a_failed_attempt_leaves_no_effect_and_comes_back_later(
    database, build, effects, jobs, clock
):
    engine = build(note)
    put(database, key="a", fail="no such thing")
    engine.run_pending()
    (row,) = jobs()
    assert effects() == []
    assert (row.state, row.failures, row.attempts) == (JobState.READY, 1, 1)
    assert timedelta(seconds=1) <= row.due_at - clock() <= timedelta(seconds=2)
    assert row.last_error.startswith("ValueError: no such thing (")
    assert "test_run" in row.last_error
    assert engine.run_pending() == 0
    clock.move(seconds=3)
    assert engine.run_pending() == 1
    assert timedelta(seconds=2) <= jobs()[0].due_at - clock() <= timedelta(seconds=4)


def test_a_job_gives_up_and_a_person_may_retry_it(database, build, effects, jobs, clock):
    engine = build(note)
    job_id = put(database, key="a", fail="no")
    for _ in range(3):
        assert engine.run_pending() == 1
        clock.move(hours=1)
    assert jobs()[0].state is JobState.DEAD
    assert engine.run_pending() == 0
    with database.tenant(2) as session:
        assert not retry(session, job_id)
        assert not drop(session, job_id)
    with database.tenant(1) as session:
        assert retry(session, job_id)
    assert (jobs()[0].failures, jobs()[0].attempts) == (0, 3)
    for _ in range(3):
        assert engine.run_pending() == 1
        clock.move(hours=1)
    assert (jobs()[0].state, jobs()[0].attempts) == (JobState.DEAD, 6)
    with database.tenant(1) as session:
        assert drop(session, job_id)
    assert jobs() == []


def test_a_running_job_is_not_dropped(database, build, jobs):
    job_id = put(database, key="a")
    engine = build(note)
    engine._relay.claim("now", engine._moment())
    with database.tenant(1) as session:
        assert not drop(session, job_id)
    assert jobs()[0].state is JobState.LEASED


@pytest.mark.parametrize(
    "secret",
    [
        "https://api.example.test/v1?access_token=hunter2hunter2",
        "https://user:hunter2@example.test/",
        "Authorization: Bearer hunter2",
        "{'app_secret': 'hunter2', 'x': 1}",
        "password=hunter2 refused",
        "hunter2" * 6,
    ],
)
def test_a_secret_stays_out_of_last_error(database, build, jobs, secret):
    put(database, key="a", fail=f"call failed: {secret}")
    build(note).run_pending()
    assert "hunter2" not in jobs()[0].last_error
    assert "call failed" in jobs()[0].last_error


def test_sql_stays_out_of_last_error(database, build, jobs):
    @job("shop.clash")
    def clash(session, payload):
        session.add(Effect(id=7, key="hunter2"))
        session.flush()
        session.expunge_all()
        session.add(Effect(id=7, key="hunter2"))
        session.flush()

    put(database, "shop.clash")
    build(clash).run_pending()
    assert jobs()[0].last_error.startswith(IntegrityError.__name__)
    assert "hunter2" not in jobs()[0].last_error
    assert "INSERT" not in jobs()[0].last_error.upper()


def test_a_job_waits_for_its_time(database, build, effects, clock):
    engine = build(note)
    put(database, key="later", due_at=clock() + timedelta(hours=1))
    assert engine.run_pending() == 0
    clock.move(minutes=59)
    assert engine.run_pending() == 0
    assert engine.run_pending(until=clock() + timedelta(minutes=2)) == 1
    assert effects() == ["later"]


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_a_handler_can_not_end_its_transaction(database, build, effects, jobs, end):
    @job("shop.careless")
    def careless(session, payload):
        session.add(Effect(key="half"))
        session.flush()
        getattr(session, end)()
        session.add(Effect(key="half"))

    put(database, "shop.careless")
    build(careless).run_pending()
    assert effects() == []
    assert jobs()[0].last_error.startswith("HandlerEndedTransaction")


def test_a_handler_may_use_savepoints(database, build, effects, jobs):
    @job("shop.careful")
    def careful(session, payload):
        with session.begin_nested():
            session.add(Effect(key="kept"))
        savepoint = session.begin_nested()
        session.add(Effect(key="gone"))
        session.flush()
        savepoint.rollback()

    put(database, "shop.careful")
    build(careful).run_pending()
    assert (effects(), jobs()) == (["kept"], [])


def test_batches_take_fifty_of_one_tenant_and_isolate_the_bad_one(database, build, effects, jobs):
    sizes = []

    @job("shop.bulk", batch=True, queue="bulk")
    def bulk(session, payloads):
        assert isinstance(session, TenantSession)
        assert current_tenant() == session.tenant_id
        sizes.append((session.tenant_id, len(payloads)))
        for payload in payloads:
            if payload["key"] == "13":
                raise ValueError("bad one")
            session.add(Effect(key=payload["key"]))

    with database.tenant(1) as session:
        for number in range(120):
            enqueue(session, "shop.bulk", {"key": str(number)}, queue="bulk")
    put(database, "shop.bulk", tenant=2, key="other", queue="bulk")
    build(bulk).run_pending()
    assert sorted(effects()) == sorted([str(n) for n in range(120) if n != 13] + ["other"])
    assert len([1 for size in sizes if size == (1, 50)]) == 2
    assert (1, 20) in sizes
    assert (2, 1) in sizes
    assert [row.payload["key"] for row in jobs()] == ["13"]
    assert jobs()[0].failures == 1


def test_the_queue_is_the_specs(database, build, jobs):
    build(JobSpec("shop.slow", run=lambda session, payload: None, queue="bulk"))
    put(database, "shop.slow")
    assert jobs()[0].queue == "bulk"


def test_a_job_written_for_the_wrong_kind_of_session_is_dead_not_run(database, build, jobs):
    @job("core.tenants")
    def tenants(session, payload):
        session.add(Effect(key="ran"))

    with database.system() as session:
        enqueue(session, "core.tenants", {})
    assert build(tenants).run_pending() == 0
    assert jobs()[0].state is JobState.DEAD


def test_enqueue_refuses_what_can_not_run(database):
    with database.system(write=False) as session, pytest.raises(ValueError, match="tenant"):
        enqueue(session, "shop.note", {})
    with database.tenant(1, write=False) as session:
        with pytest.raises(ValueError, match="queue"):
            enqueue(session, "shop.note", {}, queue="fast")
        with pytest.raises(WrongTenant):
            enqueue(session, "shop.note", {}, tenant_id=2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "note"},
        {"name": "shop.note", "queue": "fast"},
        {"name": "shop.note", "system": True},
        {"name": "shop.note", "run": None},
        {"name": "shop.note", "max_attempts": 0},
    ],
)
def test_a_spec_that_can_not_work_is_refused(wrong):
    with pytest.raises(ValueError):
        JobSpec(**{"run": lambda session, payload: None, **wrong})


def test_names_are_taken_once_and_by_their_owner():
    registry = JobRegistry()
    registry.register("shop", note)
    with pytest.raises(ValueError, match="twice"):
        registry.register("shop", note)
    with pytest.raises(ValueError, match="begin"):
        registry.register("other", note)
    assert registry.get("shop.note") is note
    assert registry.owner_of("shop.note") == "shop"


def test_dramatiqs_global_broker_stays_unset(sqlite):
    registry = JobRegistry()
    registry.register("shop", note)
    JobEngine(sqlite, registry).run_pending()
    assert dramatiq.broker.global_broker is None


def test_rows_written_in_a_set_run_like_any(database, build, effects, jobs):
    rung = []
    database.on_enqueue.append(lambda: rung.append(True))
    new = [
        NewJob("shop.note", {"key": str(number)}, tenant_id=1 + number % 2, lane="a")
        for number in range(6)
    ]
    with database.bind(write=True, system=True).begin() as connection:
        enqueue_rows(connection, new)
    ring(database)
    assert rung == [True]
    assert {(row.state, row.attempts, row.failures) for row in jobs()} == {(JobState.READY, 0, 0)}
    build(note).run_pending()
    assert sorted(effects()) == [str(number) for number in range(6)]


def test_a_set_of_rows_is_checked_and_may_be_empty(database, jobs):
    with database.bind(write=True, system=True).begin() as connection:
        enqueue_rows(connection, [])
        with pytest.raises(ValueError, match="queue"):
            enqueue_rows(connection, [NewJob("shop.note", {}, tenant_id=1, queue="fast")])
    assert jobs() == []
