"""How fast a broadcast goes: the pace that was set, and what the provider lets an account begin."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import func, select

from core.api import Channel, TenantSession, now
from plugins.automation.broadcasts.models import Broadcast, Recipient

AT_ONCE = 100
"""Messages that one transaction queues."""

SLOWEST, FASTEST = 1, 60_000
DAY = timedelta(hours=24)

LIMIT_FACT = "messaging_limit"
"""Under which an adapter tells how many people an account may begin to write to in 24 hours."""


def batch_of(broadcast: Broadcast) -> int:
    """How many at once: a sixth of a minute's worth, so that a pause is felt at once."""
    return max(1, min(AT_ONCE, broadcast.per_minute // 6))


def next_at(broadcast: Broadcast, queued: int) -> datetime:
    """When the next ones may go, after so many."""
    return now() + timedelta(seconds=60 * queued / broadcast.per_minute)


def limit_of(channel: Channel) -> int | None:
    """How many people the provider lets this account begin to write to in a day.

    None: it told none, or none that is a number (“Unlimited”).
    """
    fact = channel.facts.get(LIMIT_FACT)
    told = str(fact.get("value", "")) if isinstance(fact, dict) else ""
    digits = "".join(character for character in told if character.isdigit())
    return int(digits) if digits else None


def room(session: TenantSession) -> dict[int, int]:
    """How many more each channel may begin today; a channel without a known limit is left out."""
    found = {}
    for channel in session.scalars(select(Channel).where(Channel.archived_at.is_(None))):
        limit = limit_of(channel)
        if limit is not None:
            found[channel.id] = limit - _begun(session, channel.id)
    return found


def room_again_at(session: TenantSession, channel_ids: Iterable[int]) -> datetime:
    """When the first of these channels has room again: a day after its oldest of today."""
    oldest = session.scalar(
        select(func.min(Recipient.queued_at)).where(
            Recipient.channel_id.in_(list(channel_ids)), Recipient.queued_at > now() - DAY
        )
    )
    return (oldest or now()) + DAY


def _begun(session: TenantSession, channel_id: int) -> int:
    return (
        session.scalar(
            select(func.count(Recipient.id)).where(
                Recipient.channel_id == channel_id, Recipient.queued_at > now() - DAY
            )
        )
        or 0
    )
