"""Dramatiq's RedisBroker, with a consumer that neither naps nor hangs.

Dramatiq's own sleeps up to its time-out whenever its hands are full or the queue is empty, so it
wants a prefetch of 1,000; but what one process has fetched no other can run. This one is woken, by
a free thread and by the bell, and fetches no more than its threads can begin. Nor does it repeat an
acknowledgement until Redis is back: the row is the truth, and a message that comes twice finds its
fence closed.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from dramatiq import Message
from dramatiq.broker import Consumer, MessageProxy
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import Middleware
from redis import Redis, RedisError

from core.jobs.broker import message_for
from core.jobs.claim import Dispatch

logger = logging.getLogger(__name__)

_WAIT_FOR_REDIS = 0.5  # s between two attempts while it is away
_ID = "redis_message_id"


class JobBroker(RedisBroker):
    """Queues of ids in Redis. `prefetch` by queue: messages that this process has in hand at most.

    `hungry` is called where a consumer finds its queue empty after it had work.
    """

    def __init__(
        self, redis: Redis, namespace: str, middleware: list[Middleware], prefetch: dict[str, int]
    ) -> None:
        super().__init__(  # type: ignore[no-untyped-call]
            client=redis, namespace=namespace, middleware=middleware
        )
        self.prefetch = prefetch
        self.hungry: Callable[[], None] = lambda: None
        self.consumers: dict[str, JobConsumer] = {}

    def declare_queue(self, queue_name: str) -> None:
        """Without the delay queue that Dramatiq adds: the table knows when a job is due."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 100) -> JobConsumer:
        consumer = JobConsumer(self, queue_name, self.prefetch[queue_name], timeout / 1000)
        self.consumers[queue_name] = consumer
        return consumer

    def send(self, queue: str, dispatches: list[Dispatch]) -> None:
        """Enqueue a message for each. Raises RedisError."""
        for dispatch in dispatches:
            self.enqueue(message_for(dispatch, queue))

    def waiting(self, queue: str) -> int:
        """How many messages no process has fetched yet. Raises RedisError."""
        length: Any = self.client.llen(f"{self.namespace}:{queue}")
        return int(length)

    def look(self) -> None:
        """Have this process's consumers look for messages now."""
        for consumer in list(self.consumers.values()):
            consumer.look()


class JobConsumer(Consumer):
    """One queue's messages for this process's threads. `timeout`: seconds of an idle wait."""

    def __init__(self, broker: JobBroker, queue: str, prefetch: int, timeout: float) -> None:
        self._broker = broker
        self._queue = queue
        self._prefetch = prefetch
        self._timeout = timeout
        self._fetched: deque[bytes] = deque()
        self._in_hand: set[str] = set()
        self._had_work = False
        self._is_cut_off = False
        self._bell = threading.Event()

    def look(self) -> None:
        self._bell.set()

    def __next__(self) -> MessageProxy | None:
        if not self._fetched:
            self._fetch()
        if not self._fetched:
            self._bell.wait(_WAIT_FOR_REDIS if self._is_cut_off else self._timeout)
            self._bell.clear()
            return None
        message: Message[Any] = Message.decode(self._fetched.popleft())
        self._in_hand.add(message.options[_ID])
        return MessageProxy(message)

    def _fetch(self) -> None:
        room = self._prefetch - len(self._in_hand)
        if room <= 0:
            return
        found = self._tell("fetch from", lambda: self._broker.do_fetch(self._queue, room))
        self._fetched.extend(data for data in found or () if data is not None)
        if not self._fetched and self._had_work and not self._is_cut_off:
            self._broker.hungry()
        self._had_work = bool(self._fetched)

    def ack(self, message: MessageProxy) -> None:
        """Forget a message, also in Redis if that is there."""
        identifier = message.options[_ID]
        self._tell("acknowledge to", lambda: self._broker.do_ack(self._queue, identifier))
        self._in_hand.discard(identifier)
        self.look()

    nack = ack  # no dead letters in Redis: a row that nobody deletes comes back when its lease ends

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """Put back for other processes what no thread of this one has begun."""
        identifiers = [message.options[_ID] for message in messages]
        identifiers += [Message.decode(data).options[_ID] for data in self._fetched]
        self._fetched.clear()
        if identifiers:
            self._tell("requeue to", lambda: self._broker.do_requeue(self._queue, *identifiers))

    def close(self) -> None:
        self.requeue(())

    def _tell(self, what: str, command: Callable[[], Any]) -> Any:
        """Do it, or say once that Redis is away. What isn't done is made good by the leases."""
        try:
            answer = command()
        except RedisError as error:
            if not self._is_cut_off:
                logger.warning("Queue %s can't %s Redis: %s", self._queue, what, error)
            self._is_cut_off = True
            return None
        self._is_cut_off = False
        return answer
