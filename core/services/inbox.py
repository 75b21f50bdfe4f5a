"""Processing the raw inbox: bodies that were stored before they were answered."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError

from core.inbound import BadItem, Item
from core.jobs.failure import describe
from core.jobs.outbox import enqueue
from core.models import Channel, Job, JobState, RawInbox
from core.services import channels
from core.services.inbox_store import lane_of
from core.services.receive import receive, receive_bad
from core.tenancy.session import TenantSession

BODIES_AT_ONCE = 100
SECONDS_AT_ONCE = 0.5  # on SQLite others wait for this transaction; a kill loses no more than this
MOST_OTHERS = 1000

log = logging.getLogger(__name__)


def process(session: TenantSession, payload: dict[str, Any]) -> None:
    """Read what waits for one channel, in order of arrival; the bodies go in the same transaction.

    The lane makes this the only reader of its channel. A body that is processed twice, because
    the first attempt died, does nothing the second time: every item is idempotent.
    """
    channel_id = payload["channel_id"]
    channel = session.get(Channel, channel_id)
    # asked before the bodies: a job that is seen came with its body, so that is seen too
    others = _others_waiting(session, channel_id)
    waiting = session.scalars(
        select(RawInbox)
        .where(RawInbox.tenant_id == session.tenant_id, RawInbox.channel_id == channel_id)
        .order_by(RawInbox.id)
        .limit(BODIES_AT_ONCE)
    ).all()
    until = time.monotonic() + SECONDS_AT_ONCE
    done = 0
    for raw in waiting:
        if channel is not None:
            _process_body(session, channel, raw)
            channels.saw_webhook(channel, raw.received_at)
        session.delete(raw)
        session.flush()
        done += 1
        if time.monotonic() > until:
            break
    if done < len(waiting) or done == BODIES_AT_ONCE:
        if not others:
            enqueue(
                session, "core.process_inbox", {"channel_id": channel_id}, lane=lane_of(channel_id)
            )
    else:
        session.execute(
            delete(Job).where(Job.id.in_(others)).execution_options(synchronize_session=False)
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


def _process_body(session: TenantSession, channel: Channel, raw: RawInbox) -> None:
    adapter = channels.adapter_of(session, channel)
    account = channels.account_of(session, channel)
    try:
        items: Sequence[Item] = list(adapter.parse(account, raw.body))
    except Exception as error:
        # `parse` promises not to raise; one that does must not stop what waits behind it
        log.error("Channel %s: parse failed: %s", channel.id, describe(error))
        body = raw.body.decode("utf-8", "replace")
        items = [BadItem("The adapter could not read this body: its plugin has a fault.", body)]
    for item in items:
        _process_item(session, channel, item)


def _process_item(session: TenantSession, channel: Channel, item: Item) -> None:
    """One item in a savepoint: a bad one is recorded and the rest stored."""
    try:
        try:
            _receive(session, channel, item)
        except IntegrityError:
            # another transaction wrote the same row first, an answer or a count: look again
            _receive(session, channel, item)
    except (OperationalError, InterfaceError):
        raise  # the database itself: the whole batch is tried again
    except Exception as error:  # whatever an item does, those behind it are not its hostages
        log.warning("Channel %s: an item is refused: %s", channel.id, describe(error))
        reason = f"The item could not be stored ({type(error).__name__})."
        receive_bad(session, channel, BadItem(reason, getattr(item, "raw", None) or repr(item)))


def _receive(session: TenantSession, channel: Channel, item: Item) -> None:
    with session.begin_nested():
        receive(session, channel, item)
        session.flush()
