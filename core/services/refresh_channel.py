"""Asking a provider for its templates and how the account stands: by the clock, and by a button."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core.adapter import ReadsFacts
from core.inbound import Fact
from core.jobs.outbox import enqueue
from core.jobs.schedule import periodic
from core.jobs.spec import RetryAt
from core.listed_templates import ListedTemplate, ListsTemplates
from core.models import Channel, ChannelState, Job, JobState
from core.models.base import now
from core.outbound import OutcomeUnknown, SendFailed
from core.services.channel_facts import keep_facts
from core.services.channel_life import break_channel
from core.services.lines import Line, line_of
from core.services.provider_templates import take_listed
from core.tenancy.session import SystemSession, TenantSession

MOST_PAGES = 200  # a provider that goes on for ever ends here


@dataclass(frozen=True)
class Claimed:
    """One channel to ask about, and since when its answers hold."""

    line: Line
    at: datetime


@dataclass(frozen=True)
class Found:
    """What the provider said. `templates` None: it keeps none."""

    templates: list[ListedTemplate] | None
    facts: tuple[Fact, ...]


class RefreshCall:
    """Questions only: repeated safely."""

    timeout = 120.0

    def claim(self, session: TenantSession, payload: dict[str, Any]) -> Claimed | None:
        channel = session.get(Channel, payload["channel_id"])
        if channel is None or channel.archived_at is not None:
            return None
        return Claimed(line_of(session, channel), now())

    def call(self, claimed: Claimed) -> Found:
        line = claimed.line
        templates: list[ListedTemplate] | None = None
        if isinstance(line.adapter, ListsTemplates):
            templates = []
            for number, page in enumerate(line.adapter.list_templates(line.account, line.http)):
                templates.extend(page)
                if number >= MOST_PAGES:
                    raise SendFailed("payload", "pages", "The list of templates has no end.")
        facts: tuple[Fact, ...] = ()
        if isinstance(line.adapter, ReadsFacts):
            facts = tuple(line.adapter.read_facts(line.account, line.http))
        return Found(templates, facts)

    def complete(
        self, session: TenantSession, payload: dict[str, Any], claimed: Claimed, result: Found
    ) -> None:
        channel = session.get(Channel, payload["channel_id"])
        if channel is None or channel.archived_at is not None:
            return
        facts = result.facts
        if result.templates is not None:
            take_listed(session, channel, result.templates)
            facts = (*facts, Fact("templates", f"{len(result.templates)}"))
        keep_facts(session, channel, facts, claimed.at)

    def fail(
        self, session: TenantSession, payload: dict[str, Any], claimed: Claimed, error: Exception
    ) -> RetryAt | None:
        """Not now: again. Refused for the account itself: the channel stops, with the reason."""
        channel = session.get(Channel, payload["channel_id"])
        if isinstance(error, OutcomeUnknown):
            return RetryAt(None, str(error))
        if not isinstance(error, SendFailed) or channel is None:
            return None
        if error.error_class == "retry":
            return RetryAt(None, error.reason)
        said = Fact("templates", f"Could not be fetched: {error.reason}", is_bad=True)
        keep_facts(session, channel, (said,), claimed.at)
        if error.error_class == "channel" and channel.state is ChannelState.CONNECTED:
            break_channel(session, channel, error.reason)
        return None


def plugin_of(session: TenantSession, payload: dict[str, Any]) -> str | None:
    """The plugin that a refresh needs: that of its channel's kind."""
    channel = session.get(Channel, payload["channel_id"])
    return session.desk.host.owner_of_kind(channel.kind) if channel is not None else "core"


def skip(session: TenantSession, payload: dict[str, Any], reason: str) -> None:
    """Too old to matter: the next tick asks anew."""


def refresh(session: TenantSession, channel: Channel) -> None:
    """Ask soon. Asked twice before it began is asked once."""
    lane = lane_of(channel.id)
    waiting = select(Job.id).where(
        Job.actor == "core.refresh_channel", Job.lane == lane, Job.state != JobState.DEAD
    )
    if session.scalar(waiting.limit(1)) is None:
        enqueue(
            session, "core.refresh_channel", {"channel_id": channel.id}, lane=lane, queue="bulk"
        )


@periodic("core.refresh_channels", "23 */6 * * *", system=True)
def refresh_channels(session: SystemSession, payload: dict[str, Any]) -> None:
    """Write a refresh for each connected channel that has something to ask, four times a day."""
    kinds = [
        kind
        for kind, adapter in session.desk.host.adapters.items()
        if isinstance(adapter, ListsTemplates | ReadsFacts)
    ]
    channels = session.execute(
        select(Channel.id, Channel.tenant_id).where(
            Channel.kind.in_(kinds),
            Channel.archived_at.is_(None),
            Channel.state == ChannelState.CONNECTED,
        )
    ).all()
    waiting = set(
        session.scalars(
            select(Job.lane).where(Job.actor == "core.refresh_channel", Job.state != JobState.DEAD)
        )
    )
    for channel_id, tenant_id in channels:
        if lane_of(channel_id) not in waiting:
            enqueue(
                session,
                "core.refresh_channel",
                {"channel_id": channel_id},
                lane=lane_of(channel_id),
                queue="bulk",
                tenant_id=tenant_id,
            )


def lane_of(channel_id: int) -> str:
    return f"refresh:{channel_id}"
