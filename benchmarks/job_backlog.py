"""What a claim costs behind a long backlog, against the same claim behind a short one.

Three backlogs: jobs due in days, jobs behind a lane whose first job waits for its retry, and jobs
that are due now in a thousand lanes. A claim looks through a window and then lane by lane, so it
must not grow with what waits: at most 1.5 times behind a hundred times as much.

    python -m benchmarks.job_backlog [--jobs 100000] [--claims 200]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, text, update

from benchmarks._engines import MODES, Place, place
from benchmarks.figures import Figure, show
from core.jobs.claim import claim
from core.jobs.lease import LEASE
from core.jobs.outbox import NewJob
from core.jobs.queues import NOW
from core.jobs.registry import JobRegistry
from core.jobs.spec import JobSpec
from core.models import Job
from core.models.base import now

SPEC = JobSpec("shop.nothing", run=lambda session, payload: None)
SLOTS = 4
PIECE = 5_000
SHORTER = 100

Backlog = Callable[[int], NewJob]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--jobs", type=int, default=100_000)
    asked.add_argument("--claims", type=int, default=200)
    options = asked.parse_args()
    for mode in MODES:
        with place(mode) as where:
            measure(mode, where, options.jobs, options.claims)


def measure(mode: str, where: Place, jobs: int, claims: int) -> None:
    where.engine(SPEC)  # the database learns which queue the job is for
    later = now() + timedelta(days=3)
    backlogs: dict[str, Backlog] = {
        "due in days": lambda n: NewJob(SPEC.name, {"n": n}, due_at=later),
        "behind a held lane": lambda n: NewJob(SPEC.name, {"n": n}, lane="conversation:1"),
        "due in lanes": lambda n: NewJob(SPEC.name, {"n": n}, lane=f"conversation:{n % 1000}"),
    }
    for name, backlog in backlogs.items():
        limit = behind(where, backlog, jobs // SHORTER, claims, held="held" in name)
        ours = behind(where, backlog, jobs, claims, held="held" in name)
        show(
            Figure(
                area="jobs",
                name=f"a claim with {jobs:,} {name}, {mode}",
                ratios=tuple(a / b for a, b in zip(ours, limit, strict=True)),
                peer=f"the same with {jobs // SHORTER:,}",
                goal=1.5,
                at_most=True,
                detail=f"median {statistics.median(ours) * 1e3:.1f} ms",
            )
        )


def behind(where: Place, backlog: Backlog, jobs: int, claims: int, *, held: bool) -> list[float]:
    """Seconds a claim while `jobs` of the backlog wait."""
    for first in range(0, jobs, PIECE):
        size = min(PIECE, jobs - first)
        where.write(SPEC.name, size, lambda n, first=first: backlog(first + n))
    if held:
        hold_first(where)
    settle(where)
    spent = seconds_a_claim(where, claims)
    with where.database.system() as session:
        session.execute(delete(Job))
    settle(where)
    return spent


def seconds_a_claim(where: Place, claims: int) -> list[float]:
    """Medians of five rounds of claims, each of which finds work; what it leased is taken back."""
    registry = JobRegistry()
    registry.register(SPEC.owner, SPEC)
    rounds = []
    for _ in range(5):
        spent = []
        for _ in range(claims // 5):
            where.write(SPEC.name, SLOTS)
            moment = now() + timedelta(seconds=1)
            began = time.perf_counter()
            with where.database.system() as session:
                chosen = claim(session, registry, NOW, moment, slots=SLOTS, lease=LEASE)
            spent.append(time.perf_counter() - began)
            forget(where, [job_id for each in chosen for job_id, _ in each.pairs])
        rounds.append(statistics.median(spent))
    return rounds


def forget(where: Place, ids: list[int]) -> None:
    assert ids, "nothing was claimed"  # noqa: S101 - else not the same work
    with where.database.system() as session:
        session.execute(delete(Job).where(Job.id.in_(ids)))


def hold_first(where: Place) -> None:
    """The lane's first job failed, and waits for its next attempt."""
    with where.database.system() as session:
        first = session.scalars(text("select min(id) from job")).one()
        session.execute(
            update(Job).where(Job.id == first).values(attempts=1, failures=1, due_at=_soon())
        )


def _soon() -> datetime:
    return now() + timedelta(hours=1)


def settle(where: Place) -> None:
    """What autovacuum would have done by then."""
    bind = where.database.bind(write=True, system=True)
    if bind.dialect.name == "postgresql":
        with bind.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("vacuum (analyze) job"))


if __name__ == "__main__":
    main()
