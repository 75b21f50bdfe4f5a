"""From a commit to the job's handler, one job at a time, as a message on its way is.

Embedded, the commit wakes the relay of the same process; over Redis it rings a bell that a relay
listens to, and the job travels through Redis. Goals for the slowest of a hundred (p99): 10 ms
embedded, 50 ms over Redis. Each round is given in milliseconds.

    python -m benchmarks.job_latency [--jobs 400] [--rounds 5]
"""

from __future__ import annotations

import argparse
import queue
import random
import statistics
import time

from benchmarks._engines import MODES, TENANT, Place, place
from benchmarks.figures import Figure, percentile, show
from core.jobs.outbox import enqueue
from core.jobs.spec import JobSpec

GOALS = {"embedded": 10.0, "over Redis": 50.0}  # ms
PAUSE = 0.02  # s at most between two jobs, so that neither side always sleeps
PATIENCE = 30.0


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--jobs", type=int, default=400)
    asked.add_argument("--rounds", type=int, default=5)
    options = asked.parse_args()
    for mode in MODES:
        with place(mode) as where:
            measure(mode, where, options.jobs, options.rounds)


def measure(mode: str, where: Place, jobs: int, rounds: int) -> None:
    begun: queue.Queue[float] = queue.Queue()

    def note(session: object, payload: object) -> None:
        begun.put(time.perf_counter())

    engine = where.engine(JobSpec("shop.note", run=note))
    engine.start()
    try:
        delays(where, begun, jobs // 10)  # the first ones meet cold caches
        found = [delays(where, begun, jobs) for _ in range(rounds)]
    finally:
        engine.stop()
    every = [each for one in found for each in one]
    show(
        Figure(
            area="jobs",
            name=f"commit to handler, {mode}",
            ratios=tuple(percentile(each, 0.99) for each in found),
            peer="ms at p99",
            goal=GOALS[mode],
            at_most=True,
            detail=f"median {statistics.median(every):.1f} ms, slowest {max(every):.0f} ms",
        )
    )


def delays(where: Place, begun: queue.Queue[float], count: int) -> list[float]:
    """Milliseconds from the return of each commit to the first line of its handler."""
    chance, found = random.Random(count), []  # noqa: S311 - only pauses
    for number in range(count):
        with where.database.tenant(TENANT) as session:
            enqueue(session, "shop.note", {"n": number})
        committed = time.perf_counter()
        found.append(max(0.0, begun.get(timeout=PATIENCE) - committed) * 1e3)
        time.sleep(chance.uniform(0, PAUSE))
    return found


if __name__ == "__main__":
    main()
