"""Periodic work ticks exactly once, whoever looks at the clock."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from core.jobs.schedule import periodic, prepare, tick
from core.models import Job, Schedule, Tenant

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MINUTES = 40


@periodic("core.tick", "* * * * *", system=True)
def every_minute(session, payload):
    pass


@periodic("shop.report", "0 6 * * *", time_zone="Asia/Jakarta")
def report(session, payload):
    pass


def always(tenant, plugin):
    return True


def test_threads_tick_each_minute_once(database, jobs):
    prepare(database, [every_minute], START - timedelta(seconds=1))
    won = []

    def look():
        for minute in range(MINUTES):
            won.append(tick(database, [every_minute], START + timedelta(minutes=minute), always))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(won) == 4 * MINUTES
    assert MINUTES - 4 <= sum(won) <= MINUTES  # a thread ahead makes a later one's ticks up
    assert len(jobs()) == sum(won)
    assert len({row.due_at for row in jobs()}) == sum(won)


def test_four_processes_tick_each_minute_once(postgres, tmp_path):
    prepare(postgres, [every_minute], START - timedelta(seconds=1))
    root = Path(__file__).parents[2]
    script = str(Path(__file__).with_name("tick_child.py"))
    urls = [postgres.settings.app_url, postgres.settings.system_url]
    children = [
        subprocess.Popen(
            [sys.executable, script, *urls, START.isoformat()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=root,
            env={"PYTHONPATH": str(root), "SAPA_HOME": str(tmp_path)},
        )
        for _ in range(4)
    ]
    try:
        for child in children:
            assert child.stdout.readline() == "ready\n"
        for child in children:
            child.stdin.write("go\n")
            child.stdin.flush()
        won = [int(child.stdout.readline()) for child in children]
    finally:
        for child in children:
            child.kill()
            child.communicate()
    with postgres.system(write=False) as session:
        due = session.scalars(select(Job.due_at)).all()
    assert len(due) == len(set(due)) == sum(won)
    assert MINUTES - 4 <= sum(won) <= MINUTES


def test_missed_ticks_are_made_up_by_one(database, jobs):
    prepare(database, [every_minute], START)
    assert tick(database, [every_minute], START + timedelta(days=1), always) == 1
    assert tick(database, [every_minute], START + timedelta(days=1), always) == 0
    assert len(jobs()) == 1


def test_a_plugins_work_ticks_for_each_tenant_that_has_it_on(database, jobs):
    with database.system() as session:
        plan_id = session.scalar(select(Tenant.plan_id))
        session.add(Tenant(id=3, slug="t3", name="T3", plan_id=plan_id))
        session.add(Tenant(id=4, slug="t4", name="T4", plan_id=plan_id, is_active=False))
    prepare(database, [report], START)
    six_in_jakarta = datetime(2026, 3, 1, 23, 0, tzinfo=UTC)
    assert tick(database, [report], six_in_jakarta - timedelta(seconds=1), always) == 0
    assert tick(database, [report], six_in_jakarta, lambda tenant, plugin: tenant != 2) == 1
    assert [(row.tenant_id, row.actor) for row in jobs()] == [
        (1, "shop.report"),
        (3, "shop.report"),
    ]


def test_a_changed_crontab_takes_effect(database):
    @periodic("core.tick", "0 0 1 1 *", system=True)
    def every_year(session, payload):
        pass

    def next_at():
        with database.system(write=False) as session:
            return session.get(Schedule, "core.tick").next_at

    prepare(database, [every_year], START)
    assert next_at() == datetime(2027, 1, 1, tzinfo=UTC)
    prepare(database, [every_minute], START)
    assert next_at() == START + timedelta(minutes=1)
    prepare(database, [every_minute], START + timedelta(hours=1))
    assert next_at() == START + timedelta(minutes=1)


def test_a_started_engine_ticks(database, build, jobs, clock):
    ran = threading.Event()

    @periodic("core.tick", "* * * * *", system=True)
    def ring(session, payload):
        ran.set()

    engine = build(clock=clock)
    engine._registry.register("core", ring)
    engine.start()
    clock.move(minutes=2)
    assert ran.wait(10)


def test_a_crontab_that_can_not_be_read_is_refused():
    with pytest.raises(ValueError):
        periodic("core.x", "every now and then", system=True)(print)
