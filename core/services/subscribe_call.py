"""The provider call that has a channel's webhooks delivered here."""

from __future__ import annotations

from typing import Any

from core.adapter import ReadsFacts, SubscribesWebhook
from core.jobs.spec import RetryAt, after
from core.models import Channel, ChannelState
from core.outbound import OutcomeUnknown, SendFailed
from core.services.channel_life import break_channel
from core.services.lines import Line, line_of
from core.services.refresh_channel import refresh
from core.tenancy.session import TenantSession
from core.words import say


class SubscribeCall:
    """It needs no mark: the same words twice are one subscription."""

    timeout = 60.0

    def claim(self, session: TenantSession, payload: dict[str, Any]) -> Line | None:
        channel = session.get(Channel, payload["channel_id"])
        if channel is None or channel.archived_at is not None:
            return None
        return line_of(session, channel)

    def call(self, claimed: Line) -> None:
        if isinstance(claimed.adapter, SubscribesWebhook):
            claimed.adapter.subscribe(claimed.account, claimed.webhook_url, claimed.http)

    def complete(
        self, session: TenantSession, payload: dict[str, Any], claimed: Line, result: None
    ) -> None:
        """The account can be asked now: its name and balance stand on its page soon."""
        channel = session.get(Channel, payload["channel_id"])
        if channel is not None and isinstance(claimed.adapter, ReadsFacts):
            refresh(session, channel)

    def fail(
        self, session: TenantSession, payload: dict[str, Any], claimed: Line, error: Exception
    ) -> RetryAt | None:
        """Not now: again. Refused: nothing would ever come in, so the channel stops with why."""
        if isinstance(error, OutcomeUnknown):
            return RetryAt(None, error.reason)
        if isinstance(error, SendFailed) and error.error_class == "retry":
            return RetryAt(after(error.retry_after), error.reason)
        give_up(session, payload, getattr(error, "reason", type(error).__name__))
        return None


def give_up(session: TenantSession, payload: dict[str, Any], reason: str) -> None:
    """Refused, or the last attempt is used up."""
    channel = session.get(Channel, payload["channel_id"])
    if channel is not None and channel.state is ChannelState.CONNECTED:
        break_channel(
            session,
            channel,
            say("The provider could not be told where to deliver. %(reason)s", reason=reason),
        )


def plugin_of(session: TenantSession, payload: dict[str, Any]) -> str | None:
    """The plugin that it needs: that of its channel's kind."""
    channel = session.get(Channel, payload["channel_id"])
    return session.desk.host.owner_of_kind(channel.kind) if channel is not None else "core"
