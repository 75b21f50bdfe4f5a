"""Whether a channel works: broken by its provider, paused by a person, and what it only counted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from core.audit import record
from core.errors import Refused
from core.events import ChannelStateChanged, publish
from core.inbound import MessageState
from core.jobs.outbox import enqueue
from core.live import tell
from core.models import Channel, ChannelCount, ChannelState, Message, NoticeLevel
from core.services import notices
from core.services.channel_accounts import adapter_of, crowd_of
from core.services.subscribing import subscribe
from core.tenancy.session import TenantSession
from core.words import say


def is_held(session: TenantSession, channel: Channel) -> bool:
    """Whether messages wait: the channel is paused or broken, or its phone never paired."""
    if channel.state is ChannelState.NEW:
        return adapter_of(session, channel).capabilities.pairing
    return channel.state in (ChannelState.PAUSED, ChannelState.BROKEN)


def break_channel(session: TenantSession, channel: Channel, reason: str) -> None:
    """The provider refuses the channel itself: stop sending, say why, tell the administrators.

    What a person paused stays paused: nothing but a person starts it again.
    """
    if channel.state is not ChannelState.PAUSED:
        _move(session, channel, ChannelState.BROKEN, reason)
    notices.notify(
        session,
        _key(channel),
        say("%(channel)s stopped working", channel=channel.name),
        say(
            "%(reason)s What is written meanwhile waits. When it is mended, press Resume.",
            reason=reason,
        ),
        href=f"/channels/{channel.id}",
        level=NoticeLevel.BAD,
    )


def pause(session: TenantSession, channel: Channel) -> None:
    """Hold back what is queued; nothing is lost."""
    _move(session, channel, ChannelState.PAUSED, say("Paused by a person."))


def resume(session: TenantSession, channel: Channel) -> None:
    """Send again, what waited first. Refused for an archived channel."""
    if channel.archived_at is not None:
        raise Refused(say("%(channel)s is archived: connect it anew.", channel=channel.name))
    if channel.state is ChannelState.NEW and is_held(session, channel):
        raise Refused(say("%(channel)s has no phone yet: pair it first.", channel=channel.name))
    connect(session, channel)
    subscribe(session, channel)


def connect(session: TenantSession, channel: Channel) -> None:
    """The channel works (again): send what waited, the oldest first."""
    _move(session, channel, ChannelState.CONNECTED, "")
    notices.settle(session, _key(channel))
    waiting = select(Message).where(
        Message.channel_id == channel.id, Message.state == MessageState.QUEUED
    )
    for message in session.scalars(waiting.order_by(Message.id)):
        enqueue(
            session,
            "core.send",
            {"message_id": message.id},
            lane=f"conversation:{message.conversation_id}",
            crowd=crowd_of(channel.id),
        )


def works_again(session: TenantSession, channel: Channel) -> None:
    """The provider takes the channel again: go on, unless a person paused it."""
    if channel.state is ChannelState.BROKEN:
        connect(session, channel)
    elif channel.state is ChannelState.PAUSED:
        notices.settle(session, _key(channel))


def saw_webhook(channel: Channel, at: datetime) -> None:
    """The provider delivered something, whatever it was."""
    channel.last_webhook_at = max(channel.last_webhook_at or at, at)


def count(session: TenantSession, channel: Channel, what: str, number: int = 1) -> None:
    """Count an item that is not kept (D2, D13)."""
    row = session.scalar(
        select(ChannelCount).where(
            ChannelCount.channel_id == channel.id, ChannelCount.what == what[:40]
        )
    )
    if row is None:
        row = ChannelCount(channel_id=channel.id, what=what[:40], count=0)
        session.add(row)
        session.flush()
    row.count = ChannelCount.count + number  # in the database: two workers may count at once
    session.flush()


def _key(channel: Channel) -> str:
    return f"channel:{channel.id}"


def _move(session: TenantSession, channel: Channel, state: ChannelState, reason: str) -> None:
    if channel.state is state and channel.reason == reason:
        return
    record(
        session,
        state.value,
        channel,
        {"state": (channel.state, state), "reason": (channel.reason, reason)},
    )
    before, channel.state = channel.state, state
    channel.reason = reason[:500]
    session.flush()
    publish(
        session,
        ChannelStateChanged(
            channel_id=channel.id, before=before.value, after=state.value, reason=channel.reason
        ),
    )
    tell(session, "channel", channel=channel.id)
