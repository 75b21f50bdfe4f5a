"""A job that another transaction stands in the way of begins anew, and nobody hears of it."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from core.jobs.conflict import TURNS, give_way, is_conflict
from core.jobs.outbox import enqueue
from core.jobs.spec import job
from tests.jobs.effects import Effect

pytestmark = pytest.mark.parametrize("database", ["postgres"], indirect=True)

HELD = select(Effect).where(Effect.key == "held").with_for_update()


def put(database, *keys):
    with database.tenant(1) as session:
        session.add(Effect(key="held"))
        for key in keys:
            enqueue(session, "shop.note", {"key": key})


def test_it_waits_briefly_and_begins_anew_until_the_row_is_free(database, build, effects, jobs):
    turns, kinds = [], []

    with database.system() as holder:

        @job("shop.note")
        def note(session, payload):
            turns.append(payload["key"])
            session.add(Effect(key=payload["key"]))
            session.flush()
            give_way(session)
            if len(turns) == 3:
                holder.commit()  # the other one has finished
            try:
                session.execute(HELD)
            except OperationalError as error:
                kinds.append(is_conflict(error))
                raise

        engine = build(note)
        put(database, "a")
        holder.execute(HELD)
        engine.run_pending()
    assert turns == ["a", "a", "a"]
    assert kinds == [True, True]
    assert effects() == ["held", "a"], "once: what was begun before is gone"
    assert jobs() == [], "and no attempt has failed"


def test_what_never_comes_free_fails_at_last(database, build, effects, jobs, monkeypatch):
    monkeypatch.setattr("core.jobs.conflict.PATIENCE", "1ms")
    turns = []

    @job("shop.note")
    def note(session, payload):
        turns.append(1)
        give_way(session)
        session.execute(HELD)

    engine = build(note)
    put(database, "a")
    with database.system() as holder:
        holder.execute(HELD)
        engine.run_pending()
    assert len(turns) == TURNS + 1
    assert [(row.failures, "lock" in row.last_error.lower()) for row in jobs()] == [(1, True)]


def test_another_fault_is_none_of_this(database, build, jobs):
    turns = []

    @job("shop.note")
    def note(session, payload):
        turns.append(1)
        raise OperationalError("select", {}, Exception("the server went away"))

    engine = build(note)
    put(database, "a")
    engine.run_pending()
    assert (len(turns), [row.failures for row in jobs()]) == (1, [1])
