"""Messenger, as the core sees it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from pydantic import BaseModel

from core.api import (
    Account,
    Capabilities,
    Finding,
    IdentityKind,
    OutboundClient,
    Receipts,
    SetupStep,
    meta,
    say,
)
from plugins.channels.messenger import steps
from plugins.channels.messenger.dialect import DIALECT, MAX_TEXT
from plugins.channels.messenger.settings import MessengerSettings


class MessengerAdapter(meta.PlatformAdapter):
    """One Facebook page. What it shares with Instagram is `core.meta`'s."""

    kind: ClassVar[str] = "messenger"
    title: ClassVar[str] = "Messenger"
    settings: ClassVar[type[BaseModel]] = MessengerSettings
    dialect: ClassVar[meta.Dialect] = DIALECT
    steps_before: ClassVar[Sequence[SetupStep]] = steps.BEFORE
    steps_after: ClassVar[Sequence[SetupStep]] = steps.AFTER
    tokens_screen: ClassVar[str] = "Messenger > Messenger API settings > Access tokens > Generate"
    webhook_screen: ClassVar[str] = "Messenger > Messenger API settings"
    capabilities: ClassVar[Capabilities] = Capabilities(
        identity_kinds=(IdentityKind.PSID,),
        media=frozenset(DIALECT.limits),
        window=timedelta(hours=24),
        person_window=timedelta(days=7),
        receipts=Receipts.READ,
        replies=True,
        reactions=True,
        opaque_id=True,
        captions=False,
        max_text=MAX_TEXT,
        max_bytes=DIALECT.limits,
    )

    def scopes_for(self, account: Account) -> Sequence[str]:
        """To write, and to subscribe the page."""
        return ("pages_messaging", "pages_manage_metadata")

    def whose_token(self, account: Account, http: OutboundClient) -> Finding:
        """A page's token answers `me` with the page."""
        found = DIALECT.graph.call(account, http, "GET", "me?fields=id,name", total=meta.LIMIT)
        own, given = DIALECT.own_id(account), str(found.get("id", ""))
        name = str(found.get("name", ""))[:100]
        what = say("The token is that of the page %(page)s", page=own)
        if given == own:
            return Finding(what, True)
        return Finding(
            what,
            False,
            say(
                "It is that of %(name)s (%(given)s): correct the page ID, or generate the token "
                "for this page and not for a person.",
                name=name or "?",
                given=given,
            ),
        )
