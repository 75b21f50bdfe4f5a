"""A provider is told where to deliver: asked for when a channel is made, changed or resumed."""

from __future__ import annotations

import contextlib

from core.adapter import SubscribesWebhook
from core.errors import Refused
from core.jobs.outbox import enqueue
from core.models import Channel
from core.outbound import OutcomeUnknown, SendFailed
from core.services.channel_accounts import adapter_of
from core.services.lines import Line, line_of
from core.tenancy.session import TenantSession


def subscribe(session: TenantSession, channel: Channel) -> None:
    """Ask soon, in a job (`core.services.subscribe_call`), where the channel's adapter can."""
    if isinstance(adapter_of(session, channel), SubscribesWebhook):
        session.flush()
        lane = f"subscribe:{channel.id}"
        enqueue(session, "core.subscribe", {"channel_id": channel.id}, lane=lane)


def last_line(session: TenantSession, channel: Channel) -> Line | None:
    """The line on which a channel is given up; None where nobody has to be told, or can be.

    End the transaction, `leave`, then archive the channel: without its secrets nobody can be asked.
    """
    with contextlib.suppress(Refused):  # its plugin is off or gone
        line = line_of(session, channel)
        if isinstance(line.adapter, SubscribesWebhook):
            return line
    return None


def leave(line: Line) -> None:
    """Ask the provider to deliver no more. Where it can't be asked, the address answers 404."""
    if isinstance(line.adapter, SubscribesWebhook):
        with contextlib.suppress(SendFailed, OutcomeUnknown):
            line.adapter.unsubscribe(line.account, line.webhook_url, line.http)
