"""A provider that hangs keeps no thread: other channels send, and receiving goes on."""

from __future__ import annotations

import pytest

from core.jobs import carry_here
from core.jobs.claim import Dispatch
from core.jobs.flights import MOST_SLOW, Flights
from core.jobs.outbox import enqueue
from core.jobs.spec import JobSpec, job
from core.models.base import now
from core.testing.waiting import wait_until
from tests.jobs.effects import Effect, SlowCall

THREADS = 2


@job("shop.note")
def note(session, payload):
    session.add(Effect(key=payload["key"]))


@pytest.fixture
def slow(monkeypatch):
    monkeypatch.setattr(carry_here, "PATIENCE", 0.1)
    found = SlowCall()
    yield found
    found.may_end.set()


def call(database, crowd, *keys, lanes=900):
    with database.tenant(1) as session:
        for number, key in enumerate(keys):
            lane = f"conversation:{number % lanes}"
            enqueue(session, "shop.slow", {"key": key}, crowd=crowd, lane=lane)


def put(database, *keys):
    with database.tenant(1) as session:
        for key in keys:
            enqueue(session, "shop.note", {"key": key})


def test_a_call_that_hangs_keeps_no_thread(database, build, effects, slow):
    engine = build(JobSpec("shop.slow", call=slow), note, clock=now, threads=THREADS)
    call(database, "channel:1", *(f"slow {number}" for number in range(40)))
    engine.start()
    assert slow.begun.wait(20)
    for number, key in enumerate("abc", 1):
        put(database, key)
        assert wait_until(lambda wanted=number: len(effects()) == wanted)
    assert wait_until(lambda: slow.most == MOST_SLOW)
    put(database, "d")
    assert wait_until(lambda: effects() == [*"abcd"])
    assert slow.most == MOST_SLOW  # the others wait in the table, not in a thread
    slow.may_end.set()
    assert wait_until(lambda: len(effects()) == 44)


def test_a_backlog_longer_than_the_window_hides_nobody(database, build, effects, slow):
    """The oldest rows are all of the crowd that hangs: who came later is found behind them."""
    engine = build(JobSpec("shop.slow", call=slow), note, clock=now, threads=THREADS)
    call(database, "channel:1", *(f"slow {number}" for number in range(900)))
    put(database, "a")
    engine.start()
    assert wait_until(lambda: effects() == ["a"])


def test_a_slow_crowds_jobs_keep_their_order(database, build, effects, jobs, slow):
    """What is put off because its crowd is full isn't overtaken in its lane."""
    engine = build(JobSpec("shop.slow", call=slow), note, clock=now, threads=THREADS)
    call(database, "channel:1", *(f"{n % 12} {n:02}" for n in range(60)), lanes=12)
    engine.start()
    assert wait_until(lambda: slow.most == MOST_SLOW)
    assert {row.failures for row in jobs()} == {0}
    slow.may_end.set()
    assert wait_until(lambda: len(effects()) == 60)
    for lane in range(12):
        mine = [key for key in effects() if key.startswith(f"{lane} ")]
        assert mine == sorted(mine)


def test_stopping_waits_for_a_call_that_goes_on(database, build, effects, slow):
    engine = build(JobSpec("shop.slow", call=slow), clock=now, threads=1)
    call(database, None, "a", "b")
    engine.start()
    assert wait_until(lambda: slow.most == 2)  # the first lost its thread: the second has it
    slow.end_soon()
    engine.stop(timeout=10)
    assert sorted(effects()) == ["a", "b"]


def test_a_crowd_is_slow_until_a_call_is_answered_in_time():
    flights, spec = Flights(), JobSpec("shop.slow", call=SlowCall())
    one, two, three, four = (Dispatch(spec, 1, [(n, 1)], crowd="channel:1") for n in range(4))
    assert flights.enter("now", one)
    assert flights.enter("now", two)  # nobody knows yet
    flights.let_go(one.key)
    assert flights.full() == ["channel:1"]
    assert not flights.enter("now", three)
    flights.let_go(two.key)
    assert flights.room("channel:1") == 1
    assert flights.enter("now", three)
    assert not flights.enter("now", four)
    flights.end(one.key)  # late: still slow
    assert flights.room("channel:1") == 0
    flights.end(three.key)
    assert flights.full() == []
    assert flights.enter("now", four)
    assert flights.enter("now", Dispatch(spec, 1, [(9, 1)], crowd="channel:1"))
