"""A channel as its adapter sees it: the adapter of its kind, its secrets opened, its address."""

from __future__ import annotations

from core.adapter import Account, Adapter, FetchesName
from core.errors import Refused
from core.models import Channel
from core.tenancy.session import SystemSession, TenantSession
from core.words import say


def adapter_of(session: TenantSession | SystemSession, channel: Channel) -> Adapter:
    """The adapter of a channel's kind. Refused where its plugin is gone."""
    adapter = session.desk.host.adapters.get(channel.kind)
    if adapter is None:
        raise Refused(
            say(
                "No plugin here serves channels of the kind “%(kind)s”: install it again.",
                kind=channel.kind,
            ),
            "kind",
        )
    return adapter


def account_of(session: TenantSession | SystemSession, channel: Channel) -> Account:
    """The channel as its adapter sees it, secrets opened."""
    secrets: dict[str, str] = {}
    if channel.sealed:
        secrets = session.desk.box.open(channel.sealed, context=f"channel:{channel.uuid}")
    return Account(
        channel_id=channel.id,
        uuid=channel.uuid,
        kind=channel.kind,
        own_address=channel.own_address,
        region=channel.region,
        settings=dict(channel.settings),
        secrets=secrets,
        webhook_url=webhook_url(session, channel),
    )


def fetches_names(session: TenantSession, channel: Channel) -> bool:
    """Whether the channel's messages don't say who wrote, and its provider can be asked."""
    return isinstance(adapter_of(session, channel), FetchesName)


def crowd_of(channel_id: int) -> str:
    """The crowd of the jobs that call this channel's provider: see `core.jobs.outbox.enqueue`."""
    return f"channel:{channel_id}"


def webhook_url(session: TenantSession | SystemSession, channel: Channel) -> str:
    """The address to give to the provider."""
    return f"{session.desk.settings.public_url}/webhooks/{channel.uuid}"
