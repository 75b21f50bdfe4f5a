"""The running installation: what the parts are, and where one finds another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.services.presence import SignsOfLife

if TYPE_CHECKING:
    from redis import Redis

    from core.config import Settings
    from core.db import Database
    from core.host.host import PluginHost
    from core.jobs.engine import JobEngine
    from core.live import LiveHub
    from core.media import MediaStore
    from core.outbound import OutboundClient
    from core.secrets import SecretBox


@dataclass
class Desk:
    """One installation at run time. Sessions reach it as `session.desk`; there is no global one."""

    settings: Settings
    database: Database
    host: PluginHost
    jobs: JobEngine
    box: SecretBox
    outbound: OutboundClient
    live: LiveHub
    media: MediaStore
    redis: Redis | None = None
    """The connection pool to Redis; None in embedded mode. It carries bells, never truth."""
    signs: SignsOfLife = field(default_factory=SignsOfLife)

    def is_on(self, tenant_id: int, plugin: str | None) -> bool:
        """Whether a tenant has a plugin switched on now. The core always is, nothing else is None.

        Opens a transaction of its own: not to be asked inside one.
        """
        if plugin == "core":
            return True
        if plugin is None:
            return False
        with self.database.tenant(tenant_id, write=False) as session:
            return plugin in self.host.switches.enabled(session)
