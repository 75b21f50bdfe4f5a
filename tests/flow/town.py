"""A whole installation as processes, in both modes, with everything that may be killed.

Embedded: `sapa run` on SQLite does it all. In production several web and worker processes share a
PostgreSQL and a Redis. In both a producer, a process as a command or a script is, writes messages.
Whatever dies is started again, as a process manager would.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select, update

from core.config import Settings
from core.models import Job, JobState
from core.models.base import now
from core.testing.databases import RedisServer
from core.testing.installation import Installation
from tests.flow.processes import ANSWERING, Nursery, Part, Served, environment_of, served

THREADS = Settings().worker_threads
PROCESSES = 2  # of each kind, in production
_NOBODY_WAITS_SO_LONG = 5.0  # s from a lease to its beginning
_NOBODY_CALLS_SO_LONG = 20.0  # s; the provider answers within 0.02 s, but a machine may be busy


class Way(NamedTuple):
    """A way to kill. `weight`: how often, against the others. `hits_calls`: it may cut a send."""

    name: str
    weight: int
    kill: Callable[[random.Random], None]
    hits_calls: bool = False


class Lease(NamedTuple):
    """An attempt that somebody holds."""

    job_id: int
    attempt: int
    begun: bool


@dataclass
class Town:
    """Everything that runs, and how it is killed. `kills` counts them."""

    house: Installation
    web: Served
    others: Sequence[Part]
    ways: Sequence[Way]
    redis: RedisServer | None = None
    kills: Counter[str] = field(default_factory=Counter)
    _seen: dict[Lease, float] = field(default_factory=dict)

    def keep(self) -> bool:
        """Start what isn't alive, as a process manager does. True, for use in a condition."""
        for part in (self.web, *self.others):
            if not part.is_alive:
                part.start()
        self._let_leases_end()
        return True

    def end(self) -> None:
        for part in (self.web, *self.others):
            part.kill()

    def plan(self, kills: int, chance: random.Random) -> list[Way]:
        """Which kills to do: each way as often as its weight says, in any order."""
        rounds = range(max(way.weight for way in self.ways))
        each = [way for n in rounds for way in self.ways if way.weight > n]
        planned = [each[n % len(each)] for n in range(kills)]
        chance.shuffle(planned)
        return planned

    def kill(self, way: Way, chance: random.Random) -> None:
        way.kill(chance)
        self.kills[way.name] += 1

    def _let_leases_end(self) -> None:
        """What a dead process holds needn't be waited a minute and a half for.

        On SQLite the next process takes it at once. Else: what no worker has begun for so long, and
        what was begun so long ago that no call that goes on can be it.
        """
        if self.house.desk.database.is_sqlite:
            return
        with self.house.desk.database.system() as session:
            leased = session.execute(
                select(Job.id, Job.attempts, Job.begun).where(Job.state == JobState.LEASED)
            ).all()
            moment = time.monotonic()
            self._seen = {Lease(*row): self._seen.get(Lease(*row), moment) for row in leased}
            over = [
                lease.job_id
                for lease, since in self._seen.items()
                if moment - since
                > (_NOBODY_CALLS_SO_LONG if lease.begun else _NOBODY_WAITS_SO_LONG)
            ]
            session.execute(update(Job).where(Job.id.in_(over)).values(lease_until=now()))


@contextmanager
def embedded(house: Installation, nursery: Nursery, folder: Path) -> Iterator[Town]:
    """One process that serves, relays and works, and a producer."""
    web, producer = _web(house, nursery, folder, 1), _producer(house, nursery, folder)
    place = Town(
        house,
        web,
        [producer],
        [
            Way("the process that serves and works", 5, lambda chance: web.kill(), True),
            Way("producer", 1, lambda chance: producer.kill()),
        ],
    )
    try:
        yield place
    finally:
        place.end()


@contextmanager
def production(
    house: Installation, nursery: Nursery, folder: Path, processes: int = PROCESSES
) -> Iterator[Town]:
    """Web processes, worker processes with a relay each, a producer, Redis."""
    redis = RedisServer(folder)
    house.desk.settings = house.desk.settings.model_copy(update={"redis_url": redis.url})
    web, producer = _web(house, nursery, folder, PROCESSES), _producer(house, nursery, folder)
    worker = Part(
        nursery,
        [ANSWERING, ["worker", "--processes", str(processes)]],
        environment_of(house.desk.settings),
        folder / "worker.log",
    )

    def kill_redis(chance: random.Random) -> None:
        redis.kill()
        time.sleep(chance.uniform(0, 0.5))
        redis.start()

    redis.start()
    place = Town(
        house,
        web,
        [producer, worker],
        [
            Way("web process", 2, web.kill_one),
            Way("all of web", 1, lambda chance: web.kill()),
            Way("worker and relay", 3, worker.kill_one, True),
            Way("all workers and relays", 1, lambda chance: worker.kill(), True),
            Way("Redis", 2, kill_redis),
            Way("producer", 1, lambda chance: producer.kill()),
        ],
        redis,
    )
    try:
        yield place
    finally:
        place.end()
        redis.kill()


def _web(house: Installation, nursery: Nursery, folder: Path, workers: int) -> Served:
    return served(nursery, house.desk.settings, folder, workers=workers)


def _producer(house: Installation, nursery: Nursery, folder: Path) -> Part:
    return Part(
        nursery,
        [house.tenant_id, str(folder / "produced")],
        environment_of(house.desk.settings),
        folder / "producer.log",
        call="tests.flow.producer:produce",
    )
