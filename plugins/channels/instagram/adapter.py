"""Instagram, as the core sees it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar

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
from plugins.channels.instagram import steps
from plugins.channels.instagram.dialect import DIALECT, LIMITS, MAX_TEXT, is_linked
from plugins.channels.instagram.settings import InstagramSettings


class InstagramAdapter(meta.PlatformAdapter):
    """One Instagram professional account. What it shares with Messenger is `core.meta`'s."""

    kind: ClassVar[str] = "instagram"
    title: ClassVar[str] = "Instagram"
    settings: ClassVar[type[BaseModel]] = InstagramSettings
    dialect: ClassVar[meta.Dialect] = DIALECT
    steps_before: ClassVar[Sequence[SetupStep]] = steps.BEFORE
    steps_after: ClassVar[Sequence[SetupStep]] = steps.AFTER
    tokens_screen: ClassVar[str] = "Instagram > API setup > Generate access tokens"
    webhook_screen: ClassVar[str] = "Instagram > API setup"
    capabilities: ClassVar[Capabilities] = Capabilities(
        identity_kinds=(IdentityKind.IGSID,),
        media=frozenset(LIMITS),
        window=timedelta(hours=24),
        person_window=timedelta(days=7),
        receipts=Receipts.READ,
        replies=True,
        reactions=True,
        captions=False,
        max_text=MAX_TEXT,
        max_bytes=LIMITS,
    )

    def scopes_for(self, account: Account) -> Sequence[str]:
        """The permissions of a page's token, or of the account's own."""
        if is_linked(account):
            return ("instagram_manage_messages", "pages_manage_metadata")
        return ("instagram_business_manage_messages",)

    def whose_token(self, account: Account, http: OutboundClient) -> Finding:
        """A page's token names the account that is linked; the account's own names itself."""
        own = DIALECT.own_id(account)
        if is_linked(account):
            path = f"{meta.node(account.settings['page_id'])}?fields=instagram_business_account"
            linked = self._ask(account, path, http).get("instagram_business_account")
            given = str(linked.get("id", "")) if isinstance(linked, dict) else ""
            advice = say(
                "The page is linked to %(given)s: correct the ID, or link the account under Page "
                "settings > Linked accounts.",
                given=given or say("no account"),
            )
        else:
            found = self._ask(account, "me?fields=user_id,username", http)
            given = str(found.get("user_id") or found.get("id") or "")
            advice = say(
                "It is that of %(name)s (%(given)s): correct the ID, or generate the token for "
                "this account.",
                name=str(found.get("username", "?"))[:100],
                given=given,
            )
        what = say("The token is that of the account %(account)s", account=own)
        return Finding(what, True) if given == own else Finding(what, False, advice)

    def _ask(self, account: Account, path: str, http: OutboundClient) -> dict[str, Any]:
        return DIALECT.graph.call(account, http, "GET", path, total=meta.LIMIT)
