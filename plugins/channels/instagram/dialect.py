"""What Instagram is on Meta's platform.

An account that is linked to a Facebook page is called by the page's id and with its token; one that
logged in by itself, by its own. Webhooks bear the account's own id either way.
"""

from __future__ import annotations

from core.api import Account, IdentityKind, MessageKind, meta
from plugins.channels.instagram.errors import ERRORS

PAGE_URL = "https://graph.facebook.com/v25.0"
LOGIN_URL = "https://graph.instagram.com/v25.0"
MAX_TEXT = 1000

LIMITS = {
    MessageKind.IMAGE: 8 * meta.MIB,
    MessageKind.VIDEO: 25 * meta.MIB,
    MessageKind.AUDIO: 25 * meta.MIB,
    MessageKind.DOCUMENT: 25 * meta.MIB,  # PDF only
}


def is_linked(account: Account) -> bool:
    """Whether the account is reached through a Facebook page."""
    return bool(account.settings.get("page_id"))


def _node(account: Account) -> str:
    return str(account.settings.get("page_id") or account.settings.get("ig_id") or "")


def _url(account: Account) -> str:
    return PAGE_URL if is_linked(account) else LOGIN_URL


DIALECT = meta.Dialect(
    title="Instagram",
    what="instagram",
    kind=IdentityKind.IGSID,
    own_setting="ig_id",
    node_of=_node,
    graph=meta.Graph(default_url=_url, errors=ERRORS, file_hosts=meta.HOSTS),
    limits=LIMITS,
    webhook_fields=(
        "messages",
        "messaging_postbacks",
        "message_reactions",
        "messaging_seen",
        "message_edit",
        "standby",
    ),
    name_fields=("name", "username"),
    max_bytes_of_text=MAX_TEXT,
    platform="instagram",
    reaction_of={"❤": "love", "❤️": "love"},
)
