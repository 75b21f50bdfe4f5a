"""kill -9 at any moment: nothing is lost, nothing happens twice, no provider is called twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from sqlalchemy import func, select

from core.jobs.outbox import enqueue
from core.models import Job, JobState
from tests.jobs.effects import Effect

KILLS = 8
JOBS_PER_LIFE = 36
THREADS = 4


@contextmanager
def provider() -> Iterator[tuple[str, Counter[str]]]:
    """A provider that counts what it receives, and is slow enough to be killed in a call."""
    received: Counter[str] = Counter()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            with lock:
                received[self.path.strip("/")] += 1
            time.sleep(0.03)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def workers(home: Path, url: str) -> Iterator[subprocess.Popen[str]]:
    root = Path(__file__).parents[2]
    child = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("kill_child.py")), str(home), url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env={"PYTHONPATH": str(root)},
    )
    try:
        yield child
    finally:
        child.stdin.close()
        child.wait(10)
        child.stdout.close()


def begin_life(child: subprocess.Popen[str]) -> int:
    child.stdin.write("live\n")
    child.stdin.flush()
    return int(child.stdout.readline())


def end_life(child: subprocess.Popen[str], pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    assert child.stdout.readline() == "gone\n"


def test_kill_9_at_any_moment_loses_and_doubles_nothing(sqlite, tmp_path):
    seed = random.randrange(10**6)
    moments = random.Random(seed)
    keys: list[str] = []

    def more_work() -> None:
        with sqlite.tenant(1) as session:
            for _ in range(JOBS_PER_LIFE):
                key = str(len(keys))
                keys.append(key)
                actor = "shop.send" if len(keys) % 3 == 0 else "shop.note"
                lane = f"lane{len(keys) % 5}" if len(keys) % 2 else None
                enqueue(session, actor, {"key": key}, lane=lane)

    def count(*where: object) -> int:
        with sqlite.system(write=False) as session:
            return session.scalar(select(func.count()).select_from(Job).where(*where))

    interrupted = 0
    with provider() as (url, received), workers(tmp_path, url) as child:
        for _ in range(KILLS):
            more_work()
            before = count()
            pid = begin_life(child)
            deadline = time.monotonic() + 20
            while count() == before and time.monotonic() < deadline:
                time.sleep(0.005)
            time.sleep(moments.random() * 0.4)
            end_life(child, pid)
            interrupted += count(Job.state == JobState.LEASED)
        more_work()
        pid = begin_life(child)
        deadline = time.monotonic() + 60
        while count() and time.monotonic() < deadline:
            time.sleep(0.05)
        end_life(child, pid)

    assert count() == 0, f"seed {seed}"
    assert interrupted > 0, "no kill hit anything: the test proves nothing"
    with sqlite.system(write=False) as session:
        done = Counter(session.scalars(select(Effect.key)))
    assert max(done.values()) == 1
    outcome = {key.split()[1]: key.split()[0] for key in done}
    assert len(done) == len(outcome) == len(keys)
    assert all(outcome[key] != "sending" and outcome[key] != "failed" for key in keys)
    sends = {key for key in keys if (int(key) + 1) % 3 == 0}
    assert {key for key in keys if outcome[key] == "note"} == set(keys) - sends
    assert all(times == 1 for times in received.values()), f"doubled, seed {seed}"
    assert all(received[key] == 1 for key in sends if outcome[key] == "accepted")
    unknown = [key for key in sends if outcome[key] == "unknown"]
    assert len(unknown) <= KILLS * THREADS
    print(f"seed {seed}: {interrupted} jobs interrupted, {len(unknown)} unknown")
