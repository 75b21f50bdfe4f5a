"""kill -9 of workers, and of Redis with all that it holds: nothing lost, doubled or overtaken."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update

from core.jobs.outbox import enqueue
from core.models import Job, JobState
from core.testing.databases import run_redis
from tests.jobs.effects import Effect
from tests.jobs.test_kill import THREADS, provider

ROOT = Path(__file__).parents[2]
WORKERS = 2


class House:
    """Worker processes over one Redis, each of which may be killed at any moment."""

    def __init__(self, database, folder: Path, url: str) -> None:
        self.database = database
        self.socket = folder / "redis.sock"
        self.redis = ExitStack()
        self.redis.enter_context(run_redis(self.socket))
        settings = database.settings
        self.forker = subprocess.Popen(
            [sys.executable, "-m", "tests.jobs.kill_redis_child", url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={
                "PYTHONPATH": str(ROOT),
                "SAPA_HOME": str(folder),
                "SAPA_DATABASE_URL": settings.database_url,
                "SAPA_SYSTEM_DATABASE_URL": settings.system_database_url,
                "SAPA_REDIS_URL": f"unix://{self.socket}",
            },
        )
        self.workers: list[int] = []

    def start_worker(self) -> None:
        self.forker.stdin.write("live\n")
        self.forker.stdin.flush()
        self.workers.append(int(self.forker.stdout.readline()))

    def kill_worker(self, chance: random.Random) -> None:
        pid = self.workers.pop(chance.randrange(len(self.workers)))
        os.kill(pid, signal.SIGKILL)

    def kill_redis(self) -> None:
        """It keeps nothing on disk: each kill is a flush as well."""
        self.redis.close()
        self.redis = ExitStack()
        self.redis.enter_context(run_redis(self.socket))

    def close(self) -> None:
        for pid in self.workers:
            os.kill(pid, signal.SIGKILL)
        self.forker.stdin.close()
        self.forker.wait(10)
        self.forker.stdout.close()
        self.redis.close()

    def count(self, *where: object) -> int:
        with self.database.system(write=False) as session:
            return session.scalar(select(func.count()).select_from(Job).where(*where))

    def let_leases_end(self) -> None:
        """What nobody holds any more needn't be waited half a minute for.

        Calls that have begun keep theirs: a worker may be in one.
        """
        with self.database.system() as session:
            session.execute(
                update(Job)
                .where(Job.state == JobState.LEASED, Job.actor == "shop.note")
                .values(lease_until=func.now() - timedelta(seconds=1))
            )
            session.execute(
                update(Job)
                .where(Job.state == JobState.LEASED, Job.begun.is_(False))
                .values(lease_until=func.now() - timedelta(seconds=1))
            )


def run(database, folder: Path, *, kills: int, jobs_each: int, seed: int) -> int:
    """The proof; how many sends ended as unknown."""
    chance = random.Random(seed)
    keys: list[str] = []
    interrupted = 0

    def more_work() -> None:
        with database.tenant(1) as session:
            for _ in range(jobs_each):
                key = str(len(keys))
                keys.append(key)
                actor = "shop.send" if len(keys) % 3 == 0 else "shop.note"
                lane = f"lane{len(keys) % 5}" if len(keys) % 2 else None
                enqueue(session, actor, {"key": key}, lane=lane)

    with provider() as (url, received):
        house = House(database, folder, url)
        try:
            for _ in range(WORKERS):
                house.start_worker()
            for kill in range(kills):
                before = house.count(Job.attempts > 0)
                more_work()
                # while the house is at work, not while it starts
                wait_for(lambda before=before: house.count(Job.attempts > 0) != before, 20)
                time.sleep(chance.random() * 0.2)
                if kill % 3 == 2:
                    house.kill_redis()
                else:
                    house.kill_worker(chance)
                    interrupted += house.count(Job.state == JobState.LEASED)
                    house.start_worker()
                house.let_leases_end()
            for pid in house.workers[:-1]:
                os.kill(pid, signal.SIGKILL)
            house.workers = house.workers[-1:]
            wait_for_end(house)
        finally:
            house.close()
    return check(database, keys, received, interrupted, seed)


def wait_for(check: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not check() and time.monotonic() < deadline:
        time.sleep(0.01)


def wait_for_end(house: House) -> None:
    """Until all is done. Calls whose worker was killed wait for the end of their own leases."""
    deadline = time.monotonic() + 120
    while house.count() and time.monotonic() < deadline:
        house.let_leases_end()
        time.sleep(0.3)
        left = house.count()
        if left and left == house.count(Job.begun, Job.actor == "shop.send"):
            with house.database.system() as session:
                session.execute(
                    update(Job)
                    .where(Job.state == JobState.LEASED, Job.lease_until > func.now())
                    .values(lease_until=text("lease_until - interval '20 seconds'"))
                )
    assert house.count() == 0


def check(database, keys, received, interrupted, seed) -> int:
    assert interrupted > 0, "no kill hit anything: the test proves nothing"
    with database.system(write=False) as session:
        written = session.scalars(select(Effect.key).order_by(Effect.id)).all()
    done = Counter(written)
    outcome = {key.split()[1]: key.split()[0] for key in done}
    assert max(done.values()) == 1, f"doubled, seed {seed}"
    assert len(done) == len(outcome) == len(keys), f"lost, seed {seed}"
    sends = {key for key in keys if (int(key) + 1) % 3 == 0}
    assert {key for key in keys if outcome[key] == "note"} == set(keys) - sends
    assert {outcome[key] for key in sends} <= {"accepted", "unknown"}
    assert all(times == 1 for times in received.values()), f"sent twice, seed {seed}"
    assert all(received[key] == 1 for key in sends if outcome[key] == "accepted")
    for lane in range(5):
        mine = [int(key.split()[1]) for key in written]
        mine = [n for n in mine if (n + 1) % 2 and (n + 1) % 5 == lane]
        assert mine == sorted(mine), f"overtaken, seed {seed}"
    unknown = sum(outcome[key] == "unknown" for key in sends)
    print(f"seed {seed}: {interrupted} jobs interrupted, {unknown} unknown of {len(sends)}")
    return unknown


def test_three_kills_lose_double_and_overtake_nothing(postgres, tmp_path):
    seed = random.randrange(10**6)
    unknown = run(postgres, tmp_path, kills=3, jobs_each=30, seed=seed)
    assert unknown <= 3 * THREADS, f"seed {seed}"


@pytest.mark.prove
def test_sixty_kills_of_workers_and_redis(postgres, tmp_path):
    seed = random.randrange(10**6)
    unknown = run(postgres, tmp_path, kills=60, jobs_each=60, seed=seed)
    assert unknown <= 60 * THREADS, f"seed {seed}"
