"""Jobs in batches, against one job per transaction and against Dramatiq's bare no-op.

The handlers do nothing, so that what is measured is the way of a job: leased, sent, fenced and
deleted in the transaction of its effect. Dramatiq's peer is the same worker with as many threads on
the broker of that mode, with an actor that does nothing and messages that nothing remembers: it
loses them with the process, so it is no alternative, but it is what dispatching costs at least.
Goals: at least 12 times one per transaction, and twice Dramatiq's no-op.

    python -m benchmarks.jobs [--jobs 20000] [--rounds 5]
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker

from benchmarks._engines import MODES, Place, place
from benchmarks._pairs import pairs
from benchmarks.figures import Figure, show
from core.jobs.spec import JobSpec

ALONE_SHARE = 10  # one by one is so slow that it gets a tenth of the jobs
THREADS = 4
PATIENCE = 300.0


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--jobs", type=int, default=20_000)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--only", choices=MODES)
    options = asked.parse_args()
    for mode in MODES:
        if options.only in (None, mode):
            with place(mode) as where:
                measure(mode, where, options.jobs, options.rounds)


def measure(mode: str, where: Place, jobs: int, rounds: int) -> None:
    def batch() -> float:
        return drained(where, jobs, batch=True)

    def alone() -> float:
        return drained(where, jobs // ALONE_SHARE, batch=False)

    def bare() -> float:
        return dispatched(where, jobs)

    for peer, limit, goal in (("one job per transaction", alone, 12.0), ("Dramatiq", bare, 2.0)):
        best: dict[Callable[[], float], float] = {}

        def noted(side: Callable[[], float], best: dict[Any, float] = best) -> float:
            rate = side()
            best[side] = max(rate, best.get(side, 0))
            return rate

        ratios = pairs(
            lambda noted=noted: noted(batch),
            lambda noted=noted, limit=limit: noted(limit),
            rounds=rounds,
        )
        show(
            Figure(
                area="jobs",
                name=f"in batches, {mode}",
                ratios=ratios,
                peer=peer if peer != "Dramatiq" else "a no-op of Dramatiq's",
                goal=goal,
                detail=f"{best[batch]:,.0f} against {best[limit]:,.0f} jobs/s",
            )
        )


def drained(where: Place, count: int, *, batch: bool) -> float:
    """Jobs a second, from the start of the engine to the end of the last one."""
    done = Countdown(count)

    def run_many(session: object, payloads: Sequence[dict[str, Any]]) -> None:
        done.less(len(payloads))

    def run_one(session: object, payload: dict[str, Any]) -> None:
        done.less(1)

    spec = JobSpec("shop.nothing", run=run_many if batch else run_one, batch=batch)
    engine = where.engine(spec, threads=THREADS)
    where.write("shop.nothing", count)
    began = time.perf_counter()
    engine.start()
    done.wait()
    spent = time.perf_counter() - began
    engine.stop()
    return count / spent


def dispatched(where: Place, count: int) -> float:
    """Messages a second that Dramatiq's worker takes from its broker."""
    done = Countdown(count)
    broker: dramatiq.Broker = StubBroker(middleware=[])
    if where.redis is not None:
        broker = RedisBroker(client=where.redis, middleware=[], namespace="bare")

    @dramatiq.actor(broker=broker, queue_name="bare")
    def nothing(number: int) -> None:
        done.less(1)

    for number in range(count):
        nothing.send(number)
    worker = dramatiq.Worker(broker, worker_threads=THREADS, worker_timeout=100)
    began = time.perf_counter()
    worker.start()
    done.wait()
    spent = time.perf_counter() - began
    worker.stop()
    if not isinstance(broker, RedisBroker):
        broker.close()
    return count / spent


class Countdown:
    """Threads count down; one waits for nought."""

    def __init__(self, left: int) -> None:
        self._left = left
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def less(self, by: int) -> None:
        with self._lock:
            self._left -= by
            if self._left <= 0:
                self._ended.set()

    def wait(self) -> None:
        assert self._ended.wait(PATIENCE), f"{self._left} jobs never ran"  # noqa: S101


if __name__ == "__main__":
    main()
