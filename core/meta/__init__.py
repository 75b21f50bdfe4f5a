"""What channels at Meta share: the Graph API, the envelope of its webhooks, the Messenger Platform.

A provider in the core, because three channels are built on it and plugins never import each other:
see decision 037.
"""

from core.meta.adapter import PlatformAdapter
from core.meta.checking import (
    LIMIT,
    Webhook,
    app_secret,
    fault,
    permissions,
    token_facts,
    token_taken,
    webhook,
)
from core.meta.dialect import Dialect
from core.meta.envelope import each, entries, load
from core.meta.errors import ErrorTable, GraphError
from core.meta.fields import OptionalDigits, OptionalUrl
from core.meta.files import HOSTS, MIB
from core.meta.graph import Graph, node

__all__ = [
    "HOSTS",
    "LIMIT",
    "MIB",
    "Dialect",
    "ErrorTable",
    "Graph",
    "GraphError",
    "OptionalDigits",
    "OptionalUrl",
    "PlatformAdapter",
    "Webhook",
    "app_secret",
    "each",
    "entries",
    "fault",
    "load",
    "node",
    "permissions",
    "token_facts",
    "token_taken",
    "webhook",
]
