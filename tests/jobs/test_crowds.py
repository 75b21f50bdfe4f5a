"""A provider that hangs holds a part of the threads: other channels send, and receiving goes on."""

from __future__ import annotations

import pytest

from core.jobs.flights import most_of_a_crowd
from core.jobs.outbox import enqueue
from core.jobs.spec import JobSpec, job
from core.models.base import now
from core.testing.waiting import wait_until
from tests.jobs.effects import Effect, SlowCall

THREADS = 4


@job("shop.note")
def note(session, payload):
    session.add(Effect(key=payload["key"]))


@pytest.fixture
def slow():
    found = SlowCall()
    yield found
    found.may_end.set()


def call(database, key, crowd, lane=None):
    with database.tenant(1) as session:
        enqueue(session, "shop.slow", {"key": key}, crowd=crowd, lane=lane)


def put(database, *keys):
    with database.tenant(1) as session:
        for key in keys:
            enqueue(session, "shop.note", {"key": key})


def test_a_crowd_leaves_a_thread_to_others(database, build, effects, slow):
    engine = build(JobSpec("shop.slow", call=slow), note, clock=now, threads=THREADS)
    for number in range(50):
        call(database, f"slow {number}", "channel:1")
    put(database, "a")
    engine.start()
    assert wait_until(lambda: effects() == ["a"])
    put(database, "b")
    assert wait_until(lambda: effects() == ["a", "b"])
    assert slow.most <= most_of_a_crowd(THREADS) < THREADS
    slow.may_end.set()
    assert wait_until(lambda: len(effects()) == 52)


def test_a_backlog_longer_than_the_window_hides_nobody(database, build, effects, slow):
    """The oldest rows are all of the crowd that hangs: who came later is found behind them."""
    engine = build(JobSpec("shop.slow", call=slow), note, clock=now, threads=THREADS)
    with database.tenant(1) as session:
        for number in range(900):
            key = {"key": f"slow {number}"}
            enqueue(session, "shop.slow", key, crowd="channel:1", lane=f"conversation:{number}")
    put(database, "a")
    engine.start()
    assert wait_until(lambda: effects() == ["a"])


def test_what_has_no_crowd_is_not_held_back(database, build, slow):
    engine = build(JobSpec("shop.slow", call=slow), clock=now, threads=THREADS)
    for number in range(THREADS):
        call(database, str(number), None)
    engine.start()
    assert wait_until(lambda: slow.most == THREADS)


def test_a_crowds_jobs_keep_their_order(database, build, effects, slow):
    engine = build(JobSpec("shop.slow", call=slow), clock=now, threads=THREADS)
    for number in range(30):
        call(database, f"{number % 3} {number:02}", "channel:1", lane=f"lane{number % 3}")
    slow.may_end.set()
    engine.start()
    assert wait_until(lambda: len(effects()) == 30)
    for lane in "012":
        mine = [key for key in effects() if key[0] == lane]
        assert mine == sorted(mine)
