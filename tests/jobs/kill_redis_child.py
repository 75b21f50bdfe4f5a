"""A worker process to be killed: `kill_redis_child.py url`, its settings in SAPA_*.

Forks a worker per line and says its pid, as `kill_child.py` does; any number at once.
"""

from __future__ import annotations

import os
import sys
import time
import uuid

import redis

from core.config import Settings
from core.db import Database
from core.jobs.engine import JobEngine
from core.jobs.registry import JobRegistry
from core.jobs.spec import JobSpec
from tests.jobs.kill_child import Send, note


def live(url: str, namespace: str) -> None:
    settings = Settings()
    registry = JobRegistry()
    registry.register("shop", note)
    registry.register("shop", JobSpec("shop.send", call=Send(url)))
    client = redis.Redis.from_url(settings.redis_url, socket_timeout=2, socket_connect_timeout=2)
    engine = JobEngine(Database(settings), registry, redis=client, namespace=namespace, poll=0.2)
    engine.start()
    while True:
        time.sleep(60)


def main() -> None:
    namespace = f"kill:{uuid.uuid4()}"
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            live(sys.argv[1], namespace)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
