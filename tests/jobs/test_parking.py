"""Jobs of a plugin that is off wait, hold nobody up, and don't come back as old news."""

from __future__ import annotations

from datetime import timedelta

from core.jobs.outbox import enqueue
from core.jobs.parking import unpark, unpark_open
from core.jobs.spec import JobSpec, job
from core.models import JobState
from tests.jobs.effects import Effect


def note_stale(session, payload, reason):
    if payload.get("stubborn"):
        raise ValueError("can't end")
    session.add(Effect(key=f"{payload['key']}: {reason}"))


@job("shop.note", stale_after=timedelta(hours=1), on_stale=note_stale)
def note(session, payload):
    session.add(Effect(key=payload["key"]))


def put(database, key, tenant=1, actor="shop.note", **more):
    with database.tenant(tenant) as session:
        enqueue(session, actor, {"key": key, **more}, lane="a")


def test_jobs_of_a_plugin_that_is_off_are_parked_per_tenant(database, build, effects, jobs):
    engine = build(note, is_open=lambda tenant, plugin: (tenant, plugin) != (1, "shop"))
    put(database, "mine")
    put(database, "theirs", tenant=2)
    engine.run_pending()
    assert effects() == ["theirs"]
    assert [(row.state, row.failures) for row in jobs()] == [(JobState.PARKED, 0)]
    assert engine.run_pending() == 0


def test_parked_jobs_hold_no_lane(database, build, effects):
    @job("other.note")
    def other(session, payload):
        session.add(Effect(key=payload["key"]))

    engine = build(note, other, is_open=lambda tenant, plugin: plugin == "other")
    put(database, "parked")
    put(database, "free", actor="other.note")
    engine.run_pending()
    assert effects() == ["free"]


def test_switched_on_again_fresh_jobs_run_and_stale_ones_end(database, build, effects, jobs, clock):
    switch = {"on": False}
    engine = build(note, is_open=lambda tenant, plugin: switch["on"])
    put(database, "old")
    put(database, "stubborn", stubborn=True)
    engine.run_pending()
    clock.move(hours=2)
    with database.tenant(1) as session:
        enqueue(session, "shop.note", {"key": "new"}, due_at=clock())
    put(database, "theirs", tenant=2)
    engine.run_pending()
    switch["on"] = True
    with database.tenant(1) as session:
        assert unpark(session, "shop", engine._registry, moment=clock()) == 1
    engine.run_pending()
    assert effects() == ["old: not sent: the plugin was off", "new"]
    assert {row.payload["key"]: row.state for row in jobs()} == {
        "stubborn": JobState.DEAD,
        "theirs": JobState.PARKED,
    }


def test_an_unknown_plugins_jobs_wait_for_it(database, build, effects, jobs, clock):
    put(database, "a")
    assert build().run_pending() == 0
    assert jobs()[0].state is JobState.PARKED
    engine = build(note)
    assert unpark_open(database, engine._registry, engine._is_open, clock()) == 1
    engine.run_pending()
    assert effects() == ["a"]


def test_a_job_parked_while_its_switch_was_turned_is_found(database, build, effects, jobs, clock):
    switch = {"on": False}
    engine = build(note, is_open=lambda tenant, plugin: switch["on"])
    put(database, "a")
    engine.run_pending()
    assert unpark_open(database, engine._registry, engine._is_open, clock()) == 0
    switch["on"] = True
    engine._relay.look()
    assert jobs()[0].state is not JobState.PARKED


def test_the_cores_jobs_have_no_switch(database, build, effects):
    core = JobSpec("core.note", run=note.run)
    engine = build(core, is_open=lambda tenant, plugin: False)
    put(database, "a", actor="core.note")
    engine.run_pending()
    assert effects() == ["a"]
