"""SMS through an Android phone, as the core sees it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from pydantic import BaseModel

from core.api import (
    Accepted,
    Account,
    Capabilities,
    Finding,
    IdentityKind,
    Item,
    OutboundClient,
    OutboundMessage,
    Receipts,
    SetupStep,
    WebhookRequest,
    say,
)
from plugins.channels.sms.android import check, parse, send, signature, steps, webhooks
from plugins.channels.sms.android.settings import AndroidSettings


class AndroidSmsAdapter:
    """One phone that runs the gateway. Each method's work is in the sibling file of its name."""

    kind: ClassVar[str] = "sms_android"
    title: ClassVar[str] = say("SMS (Android phone)")
    settings: ClassVar[type[BaseModel]] = AndroidSettings
    steps_before: ClassVar[Sequence[SetupStep]] = steps.BEFORE
    steps_after: ClassVar[Sequence[SetupStep]] = steps.AFTER
    capabilities: ClassVar[Capabilities] = Capabilities(
        identity_kinds=(IdentityKind.PHONE,),
        receipts=Receipts.DELIVERED,
        opaque_id=True,
        max_text=send.MAX_TEXT,
        per_minute=10,  # Android itself asks the owner beyond 30 in half an hour, by its source
        sms=True,
    )

    def handshake(self, account: Account, request: WebhookRequest) -> str | None:
        """The app has none: its webhook only delivers."""
        return None

    def verify(self, account: Account, request: WebhookRequest) -> None:
        """Check X-Signature; raises SignatureRefused."""
        signature.verify(account, request)

    def check(self, body: bytes) -> None:
        """Raise MalformedBody unless this is an event of the app's."""
        parse.load(body)

    def parse(self, account: Account, body: bytes) -> Iterable[Item]:
        """Yield what the event means."""
        return parse.parse(account, body)

    def send(self, account: Account, message: OutboundMessage, http: OutboundClient) -> Accepted:
        """Hand one message to the gateway; raises SendFailed, OutcomeUnknown."""
        return send.send(account, message, http)

    def subscribe(self, account: Account, webhook_url: str, http: OutboundClient) -> None:
        """Register the events; raises SendFailed, OutcomeUnknown."""
        webhooks.subscribe(account, webhook_url, http)

    def unsubscribe(self, account: Account, webhook_url: str, http: OutboundClient) -> None:
        """Take away what was registered; raises SendFailed, OutcomeUnknown."""
        webhooks.unsubscribe(account, webhook_url, http)

    def check_connection(
        self, account: Account, webhook_url: str, http: OutboundClient
    ) -> Iterator[Finding]:
        """Look at the gateway, its credentials, the phone and the events."""
        return check.check_connection(account, webhook_url, http)
