"""Leases and the fence: whatever is taken over, an effect happens once."""

from __future__ import annotations

import threading
from datetime import timedelta

from core.jobs.lease import INNOCENT, LEASE, renew, sweep
from core.jobs.outbox import enqueue
from core.jobs.spec import JobSpec, RetryAt, job
from core.models import JobState
from tests.jobs.effects import Effect


@job("shop.note", max_attempts=3)
def note(session, payload):
    session.add(Effect(key=payload["key"]))


def put(database, actor="shop.note", **payload):
    with database.tenant(1) as session:
        enqueue(session, actor, payload)


def test_a_late_worker_changes_nothing(database, build, effects, jobs, clock):
    engine = build(note)
    put(database, key="a")
    (late,) = engine._relay.claim("now", clock())
    clock.move(seconds=LEASE.total_seconds() + 1)
    engine._relay.mind(clock())
    assert (jobs()[0].state, jobs()[0].failures) == (JobState.READY, 1)
    engine._runner.run(late.spec, 1, late.pairs)
    assert effects() == []
    (second,) = engine._relay.claim("now", clock())
    engine._runner.run(late.spec, 1, late.pairs)
    assert effects() == []
    engine._runner.run(second.spec, 1, second.pairs)
    engine._runner.run(second.spec, 1, second.pairs)
    engine._runner.run(late.spec, 1, late.pairs)
    assert effects() == ["a"]


def test_a_late_failure_changes_nothing(database, build, jobs, clock):
    """The attempt that lost its lease may not send the job of the next one to its back-off."""
    engine = build(note)
    put(database, key="a")
    (late,) = engine._relay.claim("now", clock())
    clock.move(seconds=LEASE.total_seconds() + 1)
    engine._relay.mind(clock())
    engine._relay.claim("now", clock())
    engine._runner._failed(late.spec, 1, late.pairs[0], ValueError("late"))
    assert (jobs()[0].state, jobs()[0].failures) == (JobState.LEASED, 1)


def test_a_message_of_another_tenant_does_nothing(database, build, effects, clock):
    engine = build(note)
    put(database, key="a")
    (dispatch,) = engine._relay.claim("now", clock())
    engine._runner.run(dispatch.spec, 2, dispatch.pairs)
    assert effects() == []


def test_a_job_that_kills_its_worker_ends_dead(database, build, jobs, clock):
    put(database, key="a")
    for _ in range(3 * INNOCENT):
        engine = build(note)
        assert engine._relay.claim("now", clock())
        clock.move(seconds=LEASE.total_seconds() + 1)
        engine._relay.mind(clock())
    assert jobs()[0].state is JobState.DEAD
    assert jobs()[0].last_error.startswith("Interrupted")


def test_a_sweep_neither_waits_for_a_slow_handler_nor_robs_it(
    database, build, effects, jobs, clock
):
    begun, may_end = threading.Event(), threading.Event()

    @job("shop.slow")
    def slow(session, payload):
        session.add(Effect(key="slow"))
        session.flush()
        begun.set()
        assert may_end.wait(10)

    engine = build(slow)
    put(database, "shop.slow")
    (dispatch,) = engine._relay.claim("now", clock())
    worker = threading.Thread(target=engine._runner.run, args=(slow, 1, dispatch.pairs))
    worker.start()
    assert begun.wait(10)
    clock.move(hours=1)
    if not database.is_sqlite:  # there the handler is the one writer, and the sweep its successor
        swept = []
        sweeper = threading.Thread(
            target=lambda: swept.append(_sweep(database, engine, clock())), daemon=True
        )
        sweeper.start()
        sweeper.join(3)
        assert swept == [0]
    may_end.set()
    worker.join(10)
    assert (effects(), jobs()) == (["slow"], [])


def _sweep(database, engine, moment):
    with database.system() as session:
        return sweep(session, engine._registry, moment)


def test_waiting_jobs_keep_their_lease(database, build, jobs, clock):
    engine = build(note)
    put(database, key="a")
    (dispatch,) = engine._relay.claim("now", clock())
    clock.move(seconds=20)
    with database.system() as session:
        renew(session, engine._here.flights.to_renew(), clock() + LEASE)
    clock.move(seconds=20)
    engine._relay.mind(clock())
    assert jobs()[0].state is JobState.LEASED
    assert jobs()[0].lease_until > clock()
    engine._runner.run(dispatch.spec, 1, dispatch.pairs)
    assert jobs() == []


class Letter:
    """A provider call whose mark is a row: `sending` before the call, the outcome after it."""

    timeout = 60

    def __init__(self):
        self.calls = 0
        self.during = lambda: None
        self.error = None
        self.verdict = None

    def claim(self, session, payload):
        found = session.query(Effect).filter(Effect.key == "sending").first()
        if found is not None:
            found.key = "unknown"
            return None
        session.add(Effect(key="sending"))
        return payload

    def call(self, claimed):
        self.calls += 1
        self.during()
        if self.error:
            raise self.error
        return "id-1"

    def complete(self, session, payload, claimed, result):
        session.query(Effect).one().key = f"accepted {result}"

    def fail(self, session, payload, claimed, error):
        session.query(Effect).one().key = "failed" if self.verdict is None else "queued"
        return self.verdict


def send(database, build, letter, **options):
    engine = build(JobSpec("shop.send", call=letter, **options))
    put(database, "shop.send")
    return engine


def test_a_provider_is_called_outside_any_transaction(database, build, effects, jobs, clock):
    letter = Letter()
    engine = send(database, build, letter)
    seen = []

    def during():
        seen.append((effects(), jobs()[0].state, jobs()[0].lease_until - clock()))
        with database.tenant(1) as session:  # on SQLite this waits for ever inside a transaction
            enqueue(session, "shop.other", {})

    letter.during = during
    engine.run_pending()
    (marks, state, lease) = seen[0]
    assert (marks, state) == (["sending"], JobState.LEASED)
    assert lease > timedelta(seconds=letter.timeout)
    assert effects() == ["accepted id-1"]
    assert [row.actor for row in jobs()] == ["shop.other"]


def test_a_final_refusal_ends_the_job(database, build, effects, jobs):
    letter = Letter()
    letter.error = ValueError("refused")
    send(database, build, letter).run_pending()
    assert (effects(), jobs(), letter.calls) == (["failed"], [], 1)


def test_a_refusal_for_now_is_tried_again_when_it_says(database, build, effects, jobs, clock):
    letter = Letter()
    letter.error = ValueError("busy")
    letter.verdict = RetryAt(clock() + timedelta(minutes=5), "The provider is busy.")
    engine = send(database, build, letter, max_attempts=2)
    engine.run_pending()
    assert jobs()[0].due_at == clock() + timedelta(minutes=5)
    assert jobs()[0].last_error == "The provider is busy."
    assert (effects(), jobs()[0].failures) == (["queued"], 1)
    clock.move(minutes=6)
    engine.run_pending()
    assert (jobs()[0].state, letter.calls) == (JobState.DEAD, 2)


def test_a_lease_lost_during_the_call_is_unknown_and_never_called_again(
    database, build, effects, jobs, clock
):
    letter = Letter()
    engine = send(database, build, letter)

    def during():
        clock.move(hours=1)
        engine._relay.mind(clock())
        for dispatch in engine._relay.claim("now", clock()):
            engine._runner.run(dispatch.spec, 1, dispatch.pairs)

    letter.during = during
    engine.run_pending()
    assert (effects(), jobs(), letter.calls) == (["unknown"], [], 1)


def test_a_call_that_can_not_be_recorded_is_unknown(database, build, effects, jobs, clock):
    letter = Letter()
    letter.complete = lambda *args: 1 / 0
    engine = send(database, build, letter)
    engine.run_pending()
    assert (effects(), jobs()[0].failures) == (["sending"], 1)
    clock.move(seconds=3)
    engine.run_pending()
    assert (effects(), jobs(), letter.calls) == (["unknown"], [], 1)


def test_a_begun_call_is_not_kept_alive_past_its_own_lease(database, build, clock):
    letter = Letter()
    engine = send(database, build, letter)
    renewed = []
    letter.during = lambda: renewed.append(engine._here.flights.to_renew())
    engine.run_pending()
    assert renewed == [[]]
