"""Processing the raw inbox: bodies that were stored before they were answered."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete, select

from core.inbound import BadItem, Item
from core.jobs.conflict import give_way
from core.jobs.failure import describe
from core.jobs.outbox import enqueue
from core.models import Channel, Job, JobState, RawInbox
from core.services import channels
from core.services.inbox_order import in_their_order
from core.services.inbox_store import lane_of
from core.services.receive_many.all import receive_all
from core.tenancy.session import TenantSession
from core.words import say

BODIES_AT_ONCE = 500
BODIES_AT_FIRST = 25  # their pace says how many more fit into the time
MOST_TOGETHER = 200
SECONDS_AT_ONCE = 0.5  # on SQLite others wait for this transaction; a kill loses no more than this
MOST_OTHERS = 1000

log = logging.getLogger(__name__)


def process(session: TenantSession, payload: dict[str, Any]) -> None:
    """Read what waits for one channel, in order of arrival; the bodies go in the same transaction.

    The lane makes this the only reader of its channel. A body that is processed twice, because
    the first attempt died, does nothing the second time: every item is idempotent.
    """
    give_way(session)  # another channel's reader and people may hold the same contacts and cards
    channel_id = payload["channel_id"]
    channel = session.get(Channel, channel_id)
    # asked before the bodies: a job that is seen came with its body, so that is seen too
    others = _others_waiting(session, channel_id)
    waiting = session.execute(
        select(RawInbox.id, RawInbox.body, RawInbox.received_at)
        .where(RawInbox.tenant_id == session.tenant_id, RawInbox.channel_id == channel_id)
        .order_by(RawInbox.id)
        .limit(BODIES_AT_ONCE)
    ).all()
    begun = time.monotonic()
    done, more = 0, BODIES_AT_FIRST
    while more and done < len(waiting):
        some = waiting[done : done + more]
        if channel is not None:
            receive_all(session, channel, _parse(session, channel, [row.body for row in some]))
            channels.saw_webhook(channel, max(row.received_at for row in some))
        _delete(session, [row.id for row in some])
        done += len(some)
        more = _next(done, time.monotonic() - begun)
    if done < len(waiting) or done == BODIES_AT_ONCE:
        if not others:
            enqueue(
                session, "core.process_inbox", {"channel_id": channel_id}, lane=lane_of(channel_id)
            )
    else:
        session.execute(
            delete(Job).where(Job.id.in_(others)).execution_options(synchronize_session=False)
        )


def _next(done: int, seconds: float) -> int:
    """How many bodies more, at the pace so far, fit into this transaction."""
    left = SECONDS_AT_ONCE - seconds
    return min(MOST_TOGETHER, int(done * left / seconds)) if left > 0 else 0


def _delete(session: TenantSession, ids: Sequence[int]) -> None:
    session.execute(
        delete(RawInbox).where(RawInbox.id.in_(ids)).execution_options(synchronize_session=False)
    )


def _others_waiting(session: TenantSession, channel_id: int) -> list[int]:
    """The jobs behind this one that would find nothing: each webhook wrote one."""
    return list(
        session.scalars(
            select(Job.id)
            .where(
                Job.tenant_id == session.tenant_id,
                Job.lane == lane_of(channel_id),
                Job.state == JobState.READY,
            )
            .order_by(Job.id)
            .limit(MOST_OTHERS)
            .with_for_update(skip_locked=True)
        )
    )


def plugin_of(session: TenantSession, payload: dict[str, Any]) -> str | None:
    """The plugin that reads a channel's bodies: while it is off they wait."""
    channel = session.get(Channel, payload["channel_id"])
    return session.desk.host.owner_of_kind(channel.kind) if channel is not None else "core"


def _parse(session: TenantSession, channel: Channel, bodies: Iterable[bytes]) -> list[Item]:
    adapter = channels.adapter_of(session, channel)
    account = channels.account_of(session, channel)
    items: list[Item] = []
    for body in bodies:
        try:
            items += list(adapter.parse(account, body))
        except Exception as error:
            # `parse` promises not to raise; one that does must not stop what waits behind it
            log.error("Channel %s: parse failed: %s", channel.id, describe(error))
            text = body.decode("utf-8", "replace")
            items.append(
                BadItem(say("The adapter could not read this body: its plugin has a fault."), text)
            )
    return in_their_order(items)
