"""Wakes other processes after a commit, over Redis. A bell that isn't heard costs one poll."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

from redis import Redis, RedisError
from redis.client import PubSub

logger = logging.getLogger(__name__)

DUE = "due"  # jobs were committed: relays look at the table
SENT = "sent"  # messages were sent: consumers look at Redis
_AGAIN = 0.5  # s between two attempts while Redis is away


class Bell:
    """Rings by a thread of its own, so that no commit waits for Redis or fails with it.

    `ring` may be called from any thread and any number of times: rings that come while one is under
    way are one.
    """

    def __init__(self, redis: Redis, namespace: str) -> None:
        self._redis = redis
        self._namespace = namespace
        self._wanted = threading.Event()
        self._lock = threading.Lock()
        self._ringer: threading.Thread | None = None
        self._stopping = threading.Event()
        self._listener: threading.Thread | None = None

    def ring(self) -> None:
        """Tell the relays of all processes that jobs were committed."""
        self._wanted.set()
        if self._ringer is None:
            self._start_ringer()

    def tell(self, topic: str) -> None:
        """Publish at once. Raises RedisError."""
        self._redis.publish(self._channel(topic), b"")

    def listeners(self) -> int:
        """How many processes listen now. Raises RedisError."""
        answer = self._redis.pubsub_numsub(self._channel(DUE))
        return int(answer[0][1])

    def listen(self, on: Mapping[str, Callable[[], None]]) -> None:
        """Call `on[topic]` whenever that topic is rung, and once after each (re)connection."""
        self._stopping.clear()
        self._listener = threading.Thread(
            target=self._hear, args=(on,), name="job-bell-listener", daemon=True
        )
        self._listener.start()

    def stop(self) -> None:
        """Stop listening."""
        self._stopping.set()
        if self._listener is not None:
            self._listener.join(5)

    def _channel(self, topic: str) -> str:
        return f"{self._namespace}:bell:{topic}"

    def _start_ringer(self) -> None:
        with self._lock:  # started at the first ring: a process that forks first keeps no thread
            if self._ringer is None:
                self._ringer = threading.Thread(
                    target=self._keep_ringing, name="job-bell", daemon=True
                )
                self._ringer.start()

    def _keep_ringing(self) -> None:
        is_away = False
        while True:
            self._wanted.wait()
            self._wanted.clear()
            try:
                self.tell(DUE)
                is_away = False
            except RedisError as error:  # the relays' poll finds the job
                if not is_away:
                    logger.warning("The job bell can't ring: %s", error)
                is_away = True

    def _hear(self, on: Mapping[str, Callable[[], None]]) -> None:
        by_channel = {self._channel(topic).encode(): call for topic, call in on.items()}
        pubsub: PubSub | None = None
        while not self._stopping.is_set():
            try:
                if pubsub is None:
                    pubsub = self._redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
                    pubsub.subscribe(*by_channel)
                    for call in on.values():
                        call()
                message = pubsub.get_message(timeout=1.0)
            except Exception as error:  # a half-closed socket raises anything; keep listening
                logger.info("The job bell can't be heard: %s", error)
                if pubsub is not None:
                    pubsub.close()
                pubsub = None
                self._stopping.wait(_AGAIN)
                continue
            if message is not None and (call_ := by_channel.get(message["channel"])) is not None:
                call_()
        if pubsub is not None:
            pubsub.close()
