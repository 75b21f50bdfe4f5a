"""SMS through Twilio, as the core sees it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from pydantic import BaseModel

from core.api import (
    Accepted,
    Account,
    Capabilities,
    Fact,
    Finding,
    IdentityKind,
    Item,
    Media,
    OutboundClient,
    OutboundMessage,
    Receipts,
    SetupStep,
    WebhookRequest,
    say,
)
from plugins.channels.sms.twilio import check, media, number, parse, send, signature, steps
from plugins.channels.sms.twilio.settings import TwilioSettings


class TwilioSmsAdapter:
    """One number at Twilio. Each method's work is in the sibling file of its name."""

    kind: ClassVar[str] = "sms_twilio"
    title: ClassVar[str] = say("SMS (Twilio)")
    settings: ClassVar[type[BaseModel]] = TwilioSettings
    steps_before: ClassVar[Sequence[SetupStep]] = steps.BEFORE
    steps_after: ClassVar[Sequence[SetupStep]] = steps.AFTER
    capabilities: ClassVar[Capabilities] = Capabilities(
        identity_kinds=(IdentityKind.PHONE,),
        receipts=Receipts.DELIVERED,
        max_text=send.MAX_TEXT,
        per_minute=60,  # a long code sends one part a second, by Twilio's page on throughput
        sms=True,
    )

    def handshake(self, account: Account, request: WebhookRequest) -> str | None:
        """Twilio has none: its webhook only delivers."""
        return None

    def verify(self, account: Account, request: WebhookRequest) -> None:
        """Check X-Twilio-Signature; raises SignatureRefused."""
        signature.verify(account, request)

    def check(self, body: bytes) -> None:
        """Raise MalformedBody unless this is a form of Twilio's."""
        parse.load(body)

    def parse(self, account: Account, body: bytes) -> Iterable[Item]:
        """Yield the message or the receipt."""
        return parse.parse(account, body)

    def send(self, account: Account, message: OutboundMessage, http: OutboundClient) -> Accepted:
        """Hand one message to Twilio; raises SendFailed, OutcomeUnknown."""
        return send.send(account, message, http)

    def fetch_media(self, account: Account, file: Media, http: OutboundClient) -> bytes:
        """Download a file of an MMS; raises SendFailed."""
        return media.fetch_media(account, file, http)

    def subscribe(self, account: Account, webhook_url: str, http: OutboundClient) -> None:
        """Set the number's "A message comes in"; raises SendFailed, OutcomeUnknown."""
        number.subscribe(account, webhook_url, http)

    def unsubscribe(self, account: Account, webhook_url: str, http: OutboundClient) -> None:
        """Empty it, where it is ours; raises SendFailed, OutcomeUnknown."""
        number.unsubscribe(account, webhook_url, http)

    def read_facts(self, account: Account, http: OutboundClient) -> Sequence[Fact]:
        """Ask for the balance; raises SendFailed, OutcomeUnknown."""
        return check.read_facts(account, http)

    def check_connection(
        self, account: Account, webhook_url: str, http: OutboundClient
    ) -> Iterator[Finding]:
        """Look at the credentials, the account and the number."""
        return check.check_connection(account, webhook_url, http)
