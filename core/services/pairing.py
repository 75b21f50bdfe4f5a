"""Pairing: what a phone's state does to its channel, and the check that a logout is seen by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core.audit import record
from core.jobs.outbox import enqueue
from core.jobs.schedule import periodic
from core.jobs.spec import RetryAt
from core.models import Channel, ChannelState, Job
from core.pairing import PairingStage, PairingState, Pairs
from core.phones import match_set
from core.services.channel_accounts import crowd_of
from core.services.channel_life import break_channel, connect
from core.services.lines import Line, line_of
from core.tenancy.session import SystemSession, TenantSession
from core.words import say

CODES = 6
"""How many codes are shown before somebody has to ask again: about three minutes."""

TIMEOUT = PairingState(PairingStage.TIMEOUT, reason=say("Nobody scanned the code in time."))


def settle(session: TenantSession, channel: Channel, state: PairingState) -> PairingState:
    """Move the channel to what its provider says; answer the state as this channel sees it.

    A phone of another number than the one entered (D4) is `refused`. A channel that waits for its
    first phone stays new, and `waiting`, while nothing is wrong; a paused one stays paused.
    """
    seen = as_seen(channel, state)
    if seen.is_paired:
        if channel.state is not ChannelState.PAUSED and channel.state is not ChannelState.CONNECTED:
            if channel.state is ChannelState.NEW:
                record(session, "pair", channel)
            connect(session, channel)
    elif channel.state is ChannelState.CONNECTED or (
        channel.state is ChannelState.BROKEN and seen.stage is not PairingStage.WAITING
    ):
        break_channel(session, channel, reason_of(seen))
    return seen


def reason_of(state: PairingState) -> str:
    """The state's sentence, with the end of a ban."""
    if state.until is None:
        return state.reason
    return say("%(reason)s It ends %(until)s.", reason=state.reason, until=_moment(state.until))


def is_own(channel: Channel, number: str) -> bool:
    """Whether the number that paired is the one entered, its other spellings included."""
    own = channel.own_address
    return not own or not number or bool(set(match_set(own)) & set(match_set(number)))


def as_seen(channel: Channel, state: PairingState) -> PairingState:
    """The state as it looks from this channel: another phone is none, a new one is awaited."""
    if state.is_paired and not is_own(channel, state.own_address):
        return replace(
            state,
            stage=PairingStage.REFUSED,
            reason=say(
                "The phone that scanned has the number %(own_address)s, but %(entered)s "
                "was entered for this channel.",
                own_address=state.own_address,
                entered=channel.own_address,
            ),
        )
    if state.stage is PairingStage.LOGGED_OUT and channel.state is ChannelState.NEW:
        return PairingState(PairingStage.WAITING)
    return state


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC")


@dataclass(frozen=True)
class Claimed:
    """One channel to look at."""

    line: Line


class CheckCall:
    """Asks the provider whether the phone is still there. A question, repeated by the next tick."""

    timeout = 30.0

    def claim(self, session: TenantSession, payload: dict[str, Any]) -> Claimed | None:
        channel = session.get(Channel, payload["channel_id"])
        if channel is None or channel.archived_at is not None:
            return None
        if channel.state not in (ChannelState.CONNECTED, ChannelState.BROKEN):
            return None  # nobody has paired it yet, or somebody paused it
        return Claimed(line_of(session, channel))

    def call(self, claimed: Claimed) -> PairingState:
        return claimed.line.state()

    def complete(
        self,
        session: TenantSession,
        payload: dict[str, Any],
        claimed: Claimed,
        result: PairingState,
    ) -> None:
        channel = session.get(Channel, payload["channel_id"])
        if channel is not None and channel.archived_at is None:
            settle(session, channel, result)

    def fail(
        self, session: TenantSession, payload: dict[str, Any], claimed: Claimed, error: Exception
    ) -> RetryAt | None:
        """An adapter that raises here has a fault; the next tick asks again."""
        return None


def plugin_of(session: TenantSession, payload: dict[str, Any]) -> str | None:
    """The plugin that a check needs: that of its channel's kind."""
    channel = session.get(Channel, payload["channel_id"])
    return session.desk.host.owner_of_kind(channel.kind) if channel is not None else "core"


@periodic("core.check_phones", "* * * * *", system=True)
def check_phones(session: SystemSession, payload: dict[str, Any]) -> None:
    """Write a check for each phone that should be there, unless its last one still waits."""
    kinds = [k for k, each in session.desk.host.adapters.items() if isinstance(each, Pairs)]
    channels = session.execute(
        select(Channel.id, Channel.tenant_id).where(
            Channel.kind.in_(kinds),
            Channel.archived_at.is_(None),
            Channel.state.in_((ChannelState.CONNECTED, ChannelState.BROKEN)),
        )
    ).all()
    waiting = set(session.scalars(select(Job.lane).where(Job.actor == "core.check_phone")))
    for channel_id, tenant_id in channels:
        if lane_of(channel_id) in waiting:
            continue
        enqueue(
            session,
            "core.check_phone",
            {"channel_id": channel_id},
            lane=lane_of(channel_id),
            crowd=crowd_of(channel_id),
            tenant_id=tenant_id,
        )


def lane_of(channel_id: int) -> str:
    return f"phone:{channel_id}"
