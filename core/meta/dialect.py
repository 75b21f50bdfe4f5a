"""What tells Messenger and Instagram apart: one platform, with two names for most things."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.adapter import Account
from core.inbound import IdentityKind, MessageKind
from core.meta.graph import Graph


@dataclass(frozen=True)
class Dialect:
    """One channel of the Messenger Platform.

    `title` is its name on screen, `what` the `object` of its webhooks. `own_setting` names the
    setting with the id that its webhooks bear, `node_of` the id under which it is called.
    `limits`: the largest file of each kind, in bytes. `max_bytes_of_text` where Meta counts bytes.
    `metadata`: whether a message of ours comes back with our id. `platform`: what an upload says.
    `name_fields`: what a person is asked for. `reaction_of`: Meta's word for an emoji.
    """

    title: str
    what: str
    kind: IdentityKind
    own_setting: str
    node_of: Callable[[Account], str]
    graph: Graph
    limits: Mapping[MessageKind, int]
    webhook_fields: tuple[str, ...]
    name_fields: tuple[str, ...]
    max_bytes_of_text: int = 0
    metadata: bool = False
    platform: str = ""
    reaction_of: Mapping[str, str] | None = None

    def own_id(self, account: Account) -> str:
        """The id of the page or account, as its webhooks bear it."""
        return str(account.settings.get(self.own_setting) or "")
