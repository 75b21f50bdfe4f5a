"""What Messenger is on Meta's platform."""

from __future__ import annotations

from core.api import Account, IdentityKind, MessageKind, meta
from plugins.channels.messenger.errors import ERRORS
from plugins.channels.messenger.settings import DEFAULT_GRAPH_URL

MAX_TEXT = 2000
KINDS = (
    MessageKind.IMAGE,
    MessageKind.VIDEO,
    MessageKind.AUDIO,
    MessageKind.DOCUMENT,
    MessageKind.STICKER,
)


def _page(account: Account) -> str:
    return str(account.settings.get("page_id") or "")


DIALECT = meta.Dialect(
    title="Messenger",
    what="page",
    kind=IdentityKind.PSID,
    own_setting="page_id",
    node_of=_page,
    graph=meta.Graph(default_url=DEFAULT_GRAPH_URL, errors=ERRORS, file_hosts=meta.HOSTS),
    limits=dict.fromkeys(KINDS, 25 * meta.MIB),
    webhook_fields=(
        "messages",
        "message_echoes",
        "message_deliveries",
        "message_reads",
        "message_reactions",
        "message_edits",
        "messaging_postbacks",
        "messaging_policy_enforcement",
        "standby",
    ),
    name_fields=("name", "first_name", "last_name"),
    metadata=True,
)
