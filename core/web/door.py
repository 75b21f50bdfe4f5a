"""The way in for a machine that is no provider's webhook: by a channel's uuid, without a login."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from core.adapter import Account
from core.errors import NotFound
from core.models import Channel
from core.services import channels
from core.tenancy.session import TenantSession
from core.web.request import desk
from core.words import say


@dataclass(frozen=True)
class ChannelDoor:
    """One channel that a machine names. Check its proof against `account.secrets` first."""

    account: Account
    tenant_id: int

    @contextmanager
    def session(self, *, write: bool = True) -> Iterator[TenantSession]:
        """One transaction for the channel's tenant; it commits at the end."""
        with desk().database.tenant(self.tenant_id, write=write) as session:
            yield session


def channel_door(channel_uuid: UUID, kind: str) -> ChannelDoor:
    """The channel of this uuid and kind. NotFound: unknown, archived, or its plugin is off."""
    with desk().database.system(write=False) as system:
        channel = system.scalar(
            select(Channel).where(
                Channel.uuid == channel_uuid, Channel.kind == kind, Channel.archived_at.is_(None)
            )
        )
        if channel is None:
            raise NotFound(say("No channel has this address."))
        door = ChannelDoor(channels.account_of(system, channel), channel.tenant_id)
    if not desk().is_on(door.tenant_id, desk().host.owner_of_kind(kind)):
        raise NotFound(say("No channel has this address."))
    return door
