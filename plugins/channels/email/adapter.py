"""E-mail, as the core sees it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from pydantic import BaseModel

from core.api import (
    Accepted,
    Account,
    Address,
    Capabilities,
    Finding,
    IdentityKind,
    Item,
    Media,
    OutboundClient,
    OutboundMessage,
    Receipts,
    SetupStep,
    SignatureRefused,
    WebhookRequest,
    say,
)
from plugins.channels.email import check, envelope, media, parse, send, steps
from plugins.channels.email.settings import EmailSettings

NO_WEBHOOKS = "Mail is fetched, never delivered here."


class EmailAdapter:
    """One mailbox. Each method's work is in the sibling file of its name."""

    kind: ClassVar[str] = "email"
    title: ClassVar[str] = say("E-mail")
    settings: ClassVar[type[BaseModel]] = EmailSettings
    steps_before: ClassVar[Sequence[SetupStep]] = steps.BEFORE
    steps_after: ClassVar[Sequence[SetupStep]] = steps.AFTER
    capabilities: ClassVar[Capabilities] = Capabilities(
        identity_kinds=(IdentityKind.EMAIL,),
        media=frozenset(send.LIMITS),
        receipts=Receipts.NONE,
        replies=True,
        opaque_id=True,
        threads=True,
        is_polled=True,
        max_text=parse.MAX_TEXT,
        max_bytes=send.LIMITS,
        per_minute=20,  # below Exchange Online's 30 a minute; Gmail stops at 500 or 2,000 a day
    )

    def handshake(self, account: Account, request: WebhookRequest) -> str | None:
        """There is nobody to shake hands with."""
        return None

    def verify(self, account: Account, request: WebhookRequest) -> None:
        """Refuse whatever comes: raises SignatureRefused."""
        raise SignatureRefused(NO_WEBHOOKS, is_unconfigured=True)

    def check(self, body: bytes) -> None:
        """Raise MalformedBody unless this is a mail as `poll` keeps it."""
        envelope.unpack(body)

    def parse(self, account: Account, body: bytes) -> Iterable[Item]:
        """Yield what a fetched mail means."""
        return parse.parse(account, body)

    def send(self, account: Account, message: OutboundMessage, http: OutboundClient) -> Accepted:
        """Hand one mail to the SMTP server; raises SendFailed, OutcomeUnknown."""
        return send.send(account, message, http)

    def fetch_media(self, account: Account, file: Media, http: OutboundClient) -> bytes:
        """Fetch a file of a mail from the mailbox; raises SendFailed."""
        return media.fetch_media(account, file, http)

    def participants(self, raw: Mapping[str, Any]) -> Collection[Address]:
        """Whom a stored mail names."""
        pairs = [raw.get("from"), *(raw.get("to") or ()), *(raw.get("cc") or ())]
        return {
            Address(IdentityKind.EMAIL, str(pair[1]))
            for pair in pairs
            if isinstance(pair, list) and len(pair) == 2
        }

    def check_connection(
        self, account: Account, webhook_url: str, http: OutboundClient
    ) -> Iterator[Finding]:
        """Look at both servers."""
        return check.check_connection(account, http)
