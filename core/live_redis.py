"""The line between the processes of an installation: live events over Redis' pub/sub.

Redis keeps none of it. While it is away each process goes on telling its own pages, which are told
to look for themselves; when it is back, they are told that they missed something.
"""

from __future__ import annotations

import atexit
import json
import logging
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any

from redis import Redis, RedisError

from core.live import Ending, LiveEvent, LiveHub

if TYPE_CHECKING:
    from redis.client import PubSub

log = logging.getLogger(__name__)

_AGAIN = 0.5  # s between two attempts while Redis is away
_MOST = 10_000  # events that may wait for the sender
_EVENT, _END, _LOST = "event", "end", "lost"


class RedisLine:
    """`core.live.Elsewhere` over Redis. `namespace` keeps installations apart that share one.

    Two threads, each started at its first use, so that a process that forks first keeps none: one
    sends, so that no commit waits for Redis or fails with it; one hears, where there are streams.
    """

    def __init__(self, redis: Redis, namespace: str, hub: LiveHub) -> None:
        self._redis = redis
        self._channel = f"{namespace}:live"
        self._hub = hub
        self._me = uuid.uuid4().hex
        self._starting = threading.Lock()
        self._sender: threading.Thread | None = None
        self._hearer: threading.Thread | None = None
        self._outbox: dict[str, None] = {}  # equal events that wait together are one
        self._is_due = threading.Condition()
        self._is_idle = True

    # core.live.Elsewhere

    def publish(self, tenant_id: int, event: LiveEvent) -> None:
        self._send([self._me, _EVENT, tenant_id, event.name, dict(event.data)])

    def close(self, ending: Ending) -> None:
        self._send([self._me, _END, ending.tenant_id, ending.user_id])

    def listen(self) -> None:
        if self._hearer is not None:
            return
        with self._starting:
            if self._hearer is None:
                self._hearer = threading.Thread(target=self._hear, name="live-hears", daemon=True)
                self._hearer.start()

    def flush(self, seconds: float) -> bool:
        """Wait until all has been sent, or lost. False when the time was too short."""
        with self._is_due:
            return self._is_due.wait_for(lambda: not self._outbox and self._is_idle, seconds)

    # sending

    def _send(self, message: list[Any]) -> None:
        with self._is_due:
            if len(self._outbox) < _MOST:
                self._outbox[json.dumps(message)] = None
                self._is_due.notify_all()
        if self._sender is None:
            with self._starting:
                if self._sender is None:
                    self._sender = threading.Thread(
                        target=self._keep_sending, name="live-sends", daemon=True
                    )
                    self._sender.start()
                    atexit.register(self.flush, 1.0)  # a command ends right after its commit

    def _keep_sending(self) -> None:
        has_lost = False
        while True:
            with self._is_due:
                self._is_idle = True
                self._is_due.notify_all()
                self._is_due.wait_for(lambda: self._outbox)
                messages, self._outbox = list(self._outbox), {}
                self._is_idle = False
            if has_lost:
                messages.insert(0, json.dumps([self._me, _LOST]))
            try:
                pipeline = self._redis.pipeline(transaction=False)
                for message in messages:
                    pipeline.publish(self._channel, message)
                pipeline.execute()
                has_lost = False
            except (RedisError, OSError) as error:
                if not has_lost:
                    log.warning("Live events reach this process's pages only: %s", error)
                has_lost = True

    # hearing

    def _hear(self) -> None:
        pubsub: PubSub | None = None
        while True:
            try:
                if pubsub is None:
                    pubsub = self._redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
                    pubsub.subscribe(self._channel)
                    self._hub.hears_others(True)
                message = pubsub.get_message(timeout=5.0)
            except (RedisError, OSError) as error:
                log.info("Live events of other processes aren't heard: %s", error)
                self._hub.hears_others(False)
                if pubsub is not None:
                    pubsub.close()
                pubsub = None
                time.sleep(_AGAIN)
                continue
            if message is not None:
                self._heard(message["data"])

    def _heard(self, data: bytes) -> None:
        try:
            origin, kind, *rest = json.loads(data)
            if origin == self._me:
                return
            if kind == _EVENT:
                tenant_id, name, ids = rest
                self._hub.deliver(tenant_id, LiveEvent(name, ids).text)
            elif kind == _END:
                tenant_id, user_id = rest
                self._hub.end(Ending(tenant_id, user_id))
            elif kind == _LOST:
                self._hub.missed()
        except (ValueError, TypeError):
            log.warning("A live event of another version was not understood")
