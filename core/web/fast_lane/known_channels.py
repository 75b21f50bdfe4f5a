"""The channels that webhooks came for, as this process knows them.

What is known may be old: another process may have switched the plugin off a moment ago. So each
carries a stamp, every stored value that it was made from, and nothing is decided on it alone. What
is taken is compared with the stored values in the very transaction that stores it; what would be
refused is judged once more on fresh ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, Text, cast, select

from core.adapter import Account, Adapter
from core.desk import Desk
from core.errors import NotFound
from core.models import Channel, Plan, Tenant
from core.services import channels

MOST_KNOWN = 10_000
Stamp = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class KnownChannel:
    """A channel that takes webhooks: its plugin is on, it isn't archived, its secrets are open."""

    id: int
    tenant_id: int
    adapter: Adapter
    account: Account
    stamp: Stamp


class KnownChannels:
    """Looked up once, remembered by the uuid's text in lower case."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._known: dict[str, KnownChannel] = {}

    def get(self, uuid: str) -> KnownChannel:
        """As remembered, else as stored. Raises NotFound."""
        return self._known.get(uuid) or self.look(uuid)

    def look(self, uuid: str) -> KnownChannel:
        """As stored now. Raises NotFound: unknown, archived, or its plugin is gone or off."""
        with self._desk.database.system(write=False) as session:
            row = session.execute(_stamps().where(Channel.uuid == UUID(uuid))).first()
            known = self._known.get(uuid)
            if row is not None and known is not None and known.stamp == tuple(row):
                return known
            self._known.pop(uuid, None)
            channel = session.scalar(select(Channel).where(Channel.uuid == UUID(uuid)))
            plugin = self._desk.host.owner_of_kind(channel.kind) if channel is not None else None
            if row is None or channel is None or channel.archived_at is not None or plugin is None:
                raise _no_channel()
            known = KnownChannel(
                id=channel.id,
                tenant_id=channel.tenant_id,
                adapter=channels.adapter_of(session, channel),
                account=channels.account_of(session, channel),
                stamp=tuple(row),
            )
        if not self._desk.is_on(known.tenant_id, plugin):  # newer than the stamp, never older
            raise _no_channel()
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[uuid] = known
        return known


def stamps(connection: Connection, ids: Iterable[int]) -> dict[int, Stamp]:
    """The stamps of channels as stored now, by id."""
    rows = connection.execute(_stamps().where(Channel.id.in_(sorted(ids))))
    return {row.id: tuple(row) for row in rows}


def _stamps() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Channel.id,
            Channel.tenant_id,
            Channel.kind,
            Channel.own_address,
            Channel.region,
            cast(Channel.settings, Text).label("settings"),
            Channel.sealed,
            cast(Channel.archived_at, Text).label("archived_at"),
            Tenant.switch_version,
            cast(Plan.plugins, Text).label("plugins"),
        )
        .join(Tenant, Tenant.id == Channel.tenant_id)
        .join(Plan, Plan.id == Tenant.plan_id)
    )


def _no_channel() -> NotFound:
    return NotFound("No channel has this address.")
