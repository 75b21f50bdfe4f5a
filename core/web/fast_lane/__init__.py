"""Webhooks before Flask: proven on the raw body, committed in groups, answered after the commit.

`middleware` is what the server calls, `door` decides, `known_channels` spares it the database,
`group_writer` gathers what waits into one commit, `inbox` is that commit.
"""

from core.web.fast_lane.door import WebhookDoor
from core.web.fast_lane.middleware import init_fast_lane

__all__ = ["WebhookDoor", "init_fast_lane"]
