"""Receiving items in their order: the common ones in runs, the unusual ones one by one."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy.exc import InterfaceError, OperationalError

from core.inbound import Item
from core.jobs.failure import describe
from core.models import Channel
from core.services.receive import receive_safely
from core.services.receive_many.receive_run import is_common, receive_run
from core.services.receive_many.write import tell_pages
from core.tenancy.session import TenantSession

MOST_IN_A_RUN = 1000  # what a statement's parameters allow, with its variants
FEWEST_IN_A_RUN = 4  # a run's statements cost as much as about three items by themselves

log = logging.getLogger(__name__)


def receive_all(
    session: TenantSession,
    channel: Channel,
    items: Sequence[Item],
    *,
    fewest: int = FEWEST_IN_A_RUN,
) -> None:
    """Apply all items of one channel as `receive_safely` would one after another."""
    start = 0
    while start < len(items):
        run = _common_from(items, start)
        if len(run) < fewest:
            for item in items[start : start + max(len(run), 1)]:
                receive_safely(session, channel, item)
            start += max(len(run), 1)
            continue
        start += _receive_run(session, channel, run)


def _common_from(items: Sequence[Item], start: int) -> Sequence[Item]:
    end = start
    while end < len(items) and end - start < MOST_IN_A_RUN and is_common(items[end]):
        end += 1
    return items[start:end]


def _receive_run(session: TenantSession, channel: Channel, items: Sequence[Item]) -> int:
    """Apply the first of `items`, one at least; how many.

    A run that fails is halved until the item at fault stands alone, and there it is recorded. One
    that failed because somebody wrote the same row first finds that row when it looks again.
    """
    try:
        with session.begin_nested():
            done, run = receive_run(session, channel, items)
    except (OperationalError, InterfaceError):
        raise  # the database itself: the whole batch is tried again
    except Exception as error:  # whatever an item does, those beside it are not its hostages
        session.expire_all()
        if len(items) > 1:
            reason = describe(error)
            log.warning("Channel %s: %s items go in halves: %s", channel.id, len(items), reason)
            return _receive_run(session, channel, items[: len(items) // 2])
        receive_safely(session, channel, items[0])
        return 1
    session.expire_all()  # the run wrote behind the session's back
    tell_pages(session, run)
    if done == 0:
        receive_safely(session, channel, items[0])
        return 1
    return done
