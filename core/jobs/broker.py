"""Dramatiq, held at arm's length: it carries ids to threads, and decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context

import dramatiq
from dramatiq import Broker, Message
from dramatiq.broker import MessageProxy
from dramatiq.brokers.stub import StubBroker

from core.jobs.claim import Dispatch, Pair
from core.jobs.middleware import TENANT, TenantMiddleware
from core.jobs.queues import BULK, QUEUES
from core.jobs.registry import JobRegistry
from core.jobs.spec import JobSpec

# what an actor does: the kind of work, its jobs, and whether one of them has a lane
Perform = Callable[[JobSpec, list[Pair], bool], None]


def embedded_broker(registry: JobRegistry, perform: Perform) -> Broker:
    """A broker inside this process, with one actor per declared job."""
    broker = StubBroker(middleware=[TenantMiddleware(registry)])
    declare(broker, registry, perform)
    return broker


def declare(broker: Broker, registry: JobRegistry, perform: Perform) -> None:
    """Declare the queues, and every job as an actor. Never on Dramatiq's global broker.

    The broker's only middleware is ours, so it stands first. Dramatiq's own would hurt: AgeLimit
    drops messages, TimeLimit raises inside transactions, Retries keeps a second count of attempts.
    """
    for queue in QUEUES:
        broker.declare_queue(queue)
    for spec in registry:
        _declare(broker, spec, perform)


def _declare(broker: Broker, spec: JobSpec, perform: Perform) -> None:
    def actor(pairs: list[list[int]], has_lane: bool = False) -> None:
        perform(spec, [(job_id, attempt) for job_id, attempt in pairs], has_lane)

    as_actor = dramatiq.actor(
        broker=broker,
        actor_name=spec.name,
        queue_name=spec.queue,
        priority=100 if spec.queue == BULK else 0,  # a free thread takes urgent work first
    )
    as_actor(actor)


def message_for(dispatch: Dispatch, queue: str) -> Message[None]:
    """The message `[[id, attempt], …]`, with the tenant beside it."""
    return Message(
        queue_name=queue,
        actor_name=dispatch.spec.name,
        args=([list(pair) for pair in dispatch.pairs], dispatch.has_lane),
        kwargs={},
        options={TENANT: dispatch.tenant_id},
    )


def deliver_here(broker: Broker, message: Message[None]) -> None:
    """Process a message in this thread the way a worker thread does, middleware included."""
    proxy = MessageProxy(Message.decode(message.encode()))

    def process() -> None:
        try:
            broker.emit_before("process_message", proxy)
            broker.get_actor(proxy.actor_name)(*proxy.args)
        finally:
            broker.emit_after("process_message", proxy)

    copy_context().run(process)  # the caller's own tenant stays what it was
