"""The Graph API as the Cloud API uses it."""

from __future__ import annotations

from core.api import meta
from plugins.channels.whatsapp_cloud.errors import ERRORS
from plugins.channels.whatsapp_cloud.settings import DEFAULT_GRAPH_URL

PAIR_RATE = "131056"

GRAPH = meta.Graph(
    default_url=DEFAULT_GRAPH_URL,
    errors=ERRORS,
    file_hosts=("lookaside.fbsbx.com",),
    # between messages to one person, once the burst of 45 is used up
    pauses={PAIR_RATE: 6.0},
)
call = GRAPH.call
node = meta.node
