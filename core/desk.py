"""The running installation: what the parts are, and where one finds another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
