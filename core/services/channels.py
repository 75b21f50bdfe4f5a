"""Channels: connecting one, changing it, disconnecting it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from core.audit import changed_fields, record
from core.errors import Conflict, Refused
from core.models import Channel, ChannelFilter, ChannelState, Membership
from core.models.base import now
from core.services.channel_accounts import account_of, adapter_of, webhook_url
from core.services.channel_form import (
    checked_name,
    checked_own_address,
    checked_region,
    configure,
    filtered_number,
)
from core.services.channel_life import (
    break_channel,
    connect,
    count,
    is_held,
    pause,
    resume,
    saw_webhook,
)
from core.services.subscribing import subscribe
from core.tenancy.session import TenantSession
from core.words import say

__all__ = [
    "account_of",
    "adapter_of",
    "archive",
    "break_channel",
    "change_channel",
    "configure",
    "connect",
    "count",
    "create_channel",
    "is_held",
    "pause",
    "resume",
    "saw_webhook",
    "webhook_url",
]


def create_channel(
    session: TenantSession,
    *,
    kind: str,
    name: str,
    values: Mapping[str, Any],
    own_address: str = "",
    region: str = "",
    owner: Membership | None = None,
    module_id: int | None = None,
) -> Channel:
    """Connect an account. `values` fill the kind's settings form; secrets among them are sealed.

    Refused with the field named: an unknown kind, a name that is taken, a value that the form or
    D4 (own number with its country prefix) refuses.
    """
    if kind not in session.desk.host.adapters:
        known = ", ".join(sorted(session.desk.host.adapters)) or "none"
        raise Refused(
            say(
                "There is no channel kind “%(kind)s”. Choose one of: %(known)s.",
                kind=kind,
                known=known,
            ),
            "kind",
        )
    plugin = session.desk.host.owner_of_kind(kind)
    if plugin not in session.desk.host.switches.enabled(session):
        raise Refused(
            say(
                "The plugin “%(plugin)s” is off: switch it on under Plugins, or ask your "
                "operator for a plan that includes it.",
                plugin=plugin,
            ),
            "kind",
        )
    name = checked_name(name)
    if session.scalar(select(Channel.id).where(Channel.name == name)) is not None:
        raise Conflict(
            say("A channel named “%(name)s” exists already: choose another name.", name=name),
            "name",
        )
    channel = Channel(kind=kind, name=name, owner=owner)
    channel.region = checked_region(region) or _region(session)
    channel.module_id = module_id
    channel.own_address = checked_own_address(own_address)
    session.add(channel)
    session.flush()
    configure(session, channel, values)
    if not adapter_of(session, channel).capabilities.pairing:
        channel.state = ChannelState.CONNECTED  # a phone is connected once it has scanned
    record(session, "connect", channel)
    subscribe(session, channel)
    return channel


def change_channel(
    session: TenantSession,
    channel: Channel,
    *,
    name: str,
    region: str,
    owner: Membership | None,
    module_id: int | None,
    filter_kind: str,
    filter_numbers: str,
    values: Mapping[str, Any],
) -> None:
    """Change a channel as its admin typed it. Refused with the field, as `create_channel`."""
    name = checked_name(name)
    taken = select(Channel.id).where(Channel.name == name, Channel.id != channel.id)
    if session.scalar(taken) is not None:
        raise Conflict(
            say("A channel named “%(name)s” exists already: choose another name.", name=name),
            "name",
        )
    channel.name = name
    channel.region = checked_region(region) or channel.region
    channel.owner_id = owner.id if owner else None
    channel.module_id = module_id
    try:
        channel.filter = ChannelFilter(filter_kind)
    except ValueError as error:
        raise Refused(say("Choose one of the list."), "filter") from error
    channel.filter_numbers = [
        filtered_number(line, channel.region) for line in filter_numbers.split("\n") if line.strip()
    ]
    changes = changed_fields(channel)
    configure(session, channel, values)
    record(session, "change", channel, {k: v for k, v in changes.items() if k != "sealed"})
    subscribe(session, channel)


def archive(session: TenantSession, channel: Channel) -> None:
    """Disconnect: nothing comes in or goes out any more; the conversations stay."""
    channel.archived_at = now()
    channel.sealed = ""
    session.flush()
    record(session, "disconnect", channel)


def _region(session: TenantSession) -> str:
    from core.services.tenants import tenant_of

    return tenant_of(session).default_region
