"""The channels that webhooks came for, as this process knows them.

What is known may be old: another process may have switched the plugin off a moment ago. So nothing
is decided on it alone. What is taken is stored only if the channel's stamp is still the same, asked
in the very transaction that stores it; what would be refused is judged once more on fresh values.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from core.adapter import Account, Adapter
from core.desk import Desk
from core.errors import NotFound
from core.models import Channel
from core.services import channels
from core.services.channel_stamps import stamp_of

MOST_KNOWN = 10_000


@dataclass(frozen=True, slots=True)
class KnownChannel:
    """A channel that takes webhooks: its plugin is on, it isn't archived, its secrets are open."""

    id: int
    tenant_id: int
    adapter: Adapter
    account: Account
    stamp: str


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
            stamp = stamp_of(session.connection(), UUID(uuid))
            known = self._known.get(uuid)
            if known is not None and known.stamp == stamp:
                return known
            self._known.pop(uuid, None)
            channel = session.scalar(select(Channel).where(Channel.uuid == UUID(uuid)))
            plugin = self._desk.host.owner_of_kind(channel.kind) if channel is not None else None
            is_open = channel is not None and channel.archived_at is None
            if stamp is None or channel is None or not is_open or plugin is None:
                raise _no_channel()
            known = KnownChannel(
                id=channel.id,
                tenant_id=channel.tenant_id,
                adapter=channels.adapter_of(session, channel),
                account=channels.account_of(session, channel),
                stamp=stamp,
            )
        if not self._desk.is_on(known.tenant_id, plugin):  # newer than the stamp, never older
            raise _no_channel()
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[uuid] = known
        return known


def _no_channel() -> NotFound:
    return NotFound("No channel has this address.")
