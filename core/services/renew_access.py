"""Keeping a channel's access alive: its tokens are renewed in a job before they end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from core.access import Renewed, RenewsAccess
from core.audit import record
from core.jobs.outbox import enqueue
from core.jobs.schedule import periodic
from core.jobs.spec import RetryAt, after
from core.models import Channel, Job, JobState
from core.models.base import now
from core.outbound import OutcomeUnknown, SendFailed
from core.services.channel_accounts import account_of, adapter_of
from core.services.channel_life import break_channel, works_again
from core.services.lines import Line, line_of
from core.tenancy.session import SystemSession, TenantSession
from core.words import say

AHEAD = timedelta(minutes=30)
"""How long before its end access is renewed; the shortest that we know lasts four hours."""


@dataclass(frozen=True)
class Claimed:
    """One channel whose access is renewed, and the line on which that is asked."""

    line: Line
    adapter: RenewsAccess


class RenewCall:
    """One at a time for a channel, in its lane: some providers take a token once.

    A call without an answer is asked again with the token there is. Where the provider counted it
    all the same, the next answer is a refusal, and a person authorises anew.
    """

    timeout = 60.0

    def claim(self, session: TenantSession, payload: dict[str, Any]) -> Claimed | None:
        channel = session.get(Channel, payload["channel_id"])
        if channel is None or channel.archived_at is not None:
            return None
        line = line_of(session, channel)
        return Claimed(line, line.adapter) if isinstance(line.adapter, RenewsAccess) else None

    def call(self, claimed: Claimed) -> Renewed | None:
        return claimed.adapter.renew_access(claimed.line.account, claimed.line.http)

    def complete(
        self,
        session: TenantSession,
        payload: dict[str, Any],
        claimed: Claimed,
        result: Renewed | None,
    ) -> None:
        channel = _held(session, payload)
        if channel is None or result is None or channel.archived_at is not None:
            return
        if not _is_same(session, channel, claimed, result.secrets):
            return  # what was typed in meanwhile has a job of its own
        _keep(session, channel, result)
        works_again(session, channel)

    def fail(
        self, session: TenantSession, payload: dict[str, Any], claimed: Claimed, error: Exception
    ) -> RetryAt | None:
        """Not now: again. Refused: the channel stops, and the administrators hear why."""
        if isinstance(error, OutcomeUnknown):
            return RetryAt(None, error.reason)
        if isinstance(error, SendFailed) and error.error_class == "retry":
            return RetryAt(after(error.retry_after), error.reason)
        channel = _held(session, payload)
        if channel is None or account_of(session, channel).secrets != claimed.line.account.secrets:
            return None  # what was typed in meanwhile has a job of its own
        reason = error.reason if isinstance(error, SendFailed) else say("The adapter failed.")
        _stop(session, channel, reason)
        return None


def give_up(session: TenantSession, payload: dict[str, Any], reason: str) -> None:
    """The last attempt is used up, over hours: a person hears of it, and the clock asks on."""
    channel = _held(session, payload)
    if channel is not None and channel.archived_at is None:
        told = say("New access could not be asked for: the provider gave no answer for hours.")
        break_channel(session, channel, told)


def plugin_of(session: TenantSession, payload: dict[str, Any]) -> str | None:
    """The plugin that a renewal needs: that of its channel's kind."""
    channel = session.get(Channel, payload["channel_id"])
    return session.desk.host.owner_of_kind(channel.kind) if channel is not None else "core"


def renew(session: TenantSession, channel: Channel) -> None:
    """Renew soon: new secrets were typed in."""
    enqueue(session, "core.renew_access", {"channel_id": channel.id}, lane=lane_of(channel.id))


@periodic("core.renew_accesses", "*/5 * * * *", system=True)
def renew_accesses(session: SystemSession, payload: dict[str, Any]) -> None:
    """Write a job for each channel whose access ends soon and that has none waiting."""
    waiting = select(Job.lane).where(
        Job.actor == "core.renew_access", Job.state != JobState.DEAD, Job.lane.is_not(None)
    )
    lanes = set(session.scalars(waiting))
    ending = session.execute(
        select(Channel.id, Channel.tenant_id).where(
            Channel.access_until < now() + AHEAD, Channel.archived_at.is_(None)
        )
    ).all()
    for channel_id, tenant_id in ending:
        if lane_of(channel_id) not in lanes:
            enqueue(
                session,
                "core.renew_access",
                {"channel_id": channel_id},
                lane=lane_of(channel_id),
                tenant_id=tenant_id,
            )


def lane_of(channel_id: int) -> str:
    return f"access:{channel_id}"


def _held(session: TenantSession, payload: Mapping[str, Any]) -> Channel | None:
    """The channel's row, so that a form that is saved just now waits or is seen."""
    return session.get(Channel, payload["channel_id"], with_for_update=True, populate_existing=True)


def _is_same(
    session: TenantSession, channel: Channel, claimed: Claimed, names: Iterable[str]
) -> bool:
    """Whether nobody replaced the secrets of these names since the provider was asked.

    Another secret that was typed in meanwhile is no reason to lose tokens that are good once.
    """
    held, given = account_of(session, channel).secrets, claimed.line.account.secrets
    return all(held.get(name, "") == given.get(name, "") for name in names)


def _keep(session: TenantSession, channel: Channel, renewed: Renewed) -> None:
    secrets = {**account_of(session, channel).secrets, **renewed.secrets}
    kept = {name: value for name, value in secrets.items() if value}
    channel.sealed = session.desk.box.seal(kept, context=f"channel:{channel.uuid}")
    channel.access_until = renewed.until
    session.flush()
    record(session, "renew access", channel)


def _stop(session: TenantSession, channel: Channel, reason: str) -> None:
    channel.access_until = None  # the clock asks no more: the answer would be the same
    session.flush()
    break_channel(
        session,
        channel,
        say(
            "%(title)s gives no new access: %(reason)s Authorise the shop again and enter the new "
            "code in the channel's settings.",
            title=str(adapter_of(session, channel).title),
            reason=reason,
        ),
    )
