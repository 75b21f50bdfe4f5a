"""How fast a broadcast goes: the pace that was set, and what each channel may begin.

A channel has two limits, and what every broadcast queued counts against both: the pace for a
minute (the broadcast's, or the provider's where that is slower), and the provider's tier for a day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from core.api import Channel, TenantSession, now
from plugins.automation.broadcasts.models import Broadcast, Recipient

AT_ONCE = 500
"""Messages that one transaction queues."""

SLOWEST, FASTEST = 1, 60_000
MINUTE, DAY = timedelta(minutes=1), timedelta(hours=24)

LIMIT_FACT = "messaging_limit"
"""Under which an adapter tells how many people an account may begin to write to in 24 hours."""


@dataclass
class Room:
    """How many more a channel may begin, and for how long a full one waits at most."""

    left: int
    span: timedelta


def batch_of(broadcast: Broadcast) -> int:
    """How many at once: three seconds' worth, so that a pause is felt at once."""
    return max(1, min(AT_ONCE, broadcast.per_minute // 20))


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


def pace_of(session: TenantSession, channel: Channel, broadcast: Broadcast) -> int:
    """How many a minute this channel takes of all broadcasts together."""
    adapter = session.desk.host.adapter(channel.kind)
    own = adapter.capabilities.per_minute if adapter is not None else None
    return min(broadcast.per_minute, own) if own is not None else broadcast.per_minute


def room(session: TenantSession, broadcast: Broadcast) -> dict[int, Room]:
    """How many more each channel may begin now. Three statements."""
    channels = session.scalars(select(Channel).where(Channel.archived_at.is_(None))).all()
    limits = {each.id: limit for each in channels if (limit := limit_of(each)) is not None}
    of_minute = _begun(session, [each.id for each in channels], MINUTE)
    of_day = _begun(session, limits, DAY)
    found = {}
    for channel in channels:
        pace = pace_of(session, channel, broadcast)
        found[channel.id] = Room(pace - of_minute.get(channel.id, 0), MINUTE)
        if channel.id in limits:
            left = limits[channel.id] - of_day.get(channel.id, 0)
            if left <= found[channel.id].left:
                found[channel.id] = Room(left, DAY)
    return found


def room_again_at(session: TenantSession, full: Mapping[int, Room]) -> datetime:
    """When the first of these channels has room again: once its oldest no longer counts."""
    moments = []
    for span in {each.span for each in full.values()}:
        own = [channel_id for channel_id, each in full.items() if each.span == span]
        oldest = session.scalar(
            select(func.min(Recipient.queued_at)).where(
                Recipient.channel_id.in_(own), Recipient.queued_at > now() - span
            )
        )
        moments.append((oldest or now()) + span)
    return min(moments)


def waits_for_a_day(full: Iterable[Room]) -> bool:
    """Whether nothing goes on before a provider's day has passed: people should know."""
    return all(each.span == DAY for each in full)


def _begun(session: TenantSession, channel_ids: Collection[int], span: timedelta) -> dict[int, int]:
    if not channel_ids:
        return {}
    asked = (
        select(Recipient.channel_id, func.count())
        .where(Recipient.channel_id.in_(channel_ids), Recipient.queued_at > now() - span)
        .group_by(Recipient.channel_id)
    )
    return {channel_id or 0: count for channel_id, count in session.execute(asked)}
