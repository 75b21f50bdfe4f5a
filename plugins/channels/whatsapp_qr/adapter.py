"""WhatsApp on a paired phone, as the core sees it."""

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
    ListedContact,
    Media,
    OutboundClient,
    OutboundMessage,
    PairingCode,
    PairingState,
    Receipts,
    SetupStep,
    WebhookRequest,
    say,
)
from plugins.channels.whatsapp_qr import (
    check,
    contacts,
    media,
    pairing,
    parse,
    send,
    signature,
    steps,
)
from plugins.channels.whatsapp_qr.settings import QrSettings


class WhatsAppQrAdapter:
    """One phone behind a GOWA gateway. Each method's work is in the sibling file of its name."""

    kind: ClassVar[str] = "whatsapp_qr"
    title: ClassVar[str] = say("WhatsApp (QR code)")
    settings: ClassVar[type[BaseModel]] = QrSettings
    steps_before: ClassVar[Sequence[SetupStep]] = steps.BEFORE
    steps_after: ClassVar[Sequence[SetupStep]] = steps.AFTER
    capabilities: ClassVar[Capabilities] = Capabilities(
        identity_kinds=(IdentityKind.PHONE, IdentityKind.LID),
        media=frozenset(send.FILES),
        max_bytes={kind: limit for kind, (_, _, limit) in send.FILES.items()},
        receipts=Receipts.READ,
        replies=True,
        reactions=True,
        contact_list=True,
        pairing=True,
        max_text=send.MAX_TEXT,
        per_minute=20,  # no rule is published; a phone that writes faster than a person is banned
    )

    def handshake(self, account: Account, request: WebhookRequest) -> str | None:
        """GOWA has none: its webhook only delivers."""
        return None

    def verify(self, account: Account, request: WebhookRequest) -> None:
        """Check X-Hub-Signature-256; raises SignatureRefused."""
        signature.verify(account, request)

    def check(self, body: bytes) -> None:
        """Raise MalformedBody unless this is an event of GOWA's."""
        parse.load(body)

    def parse(self, account: Account, body: bytes) -> Iterable[Item]:
        """Yield what the event means."""
        return parse.parse(account, body)

    def send(self, account: Account, message: OutboundMessage, http: OutboundClient) -> Accepted:
        """Hand one message to the gateway; raises SendFailed, OutcomeUnknown."""
        return send.send(account, message, http)

    def fetch_media(self, account: Account, file: Media, http: OutboundClient) -> bytes:
        """Download a file that a webhook named; raises SendFailed."""
        return media.fetch_media(account, file, http)

    def fetch_contacts(
        self, account: Account, http: OutboundClient
    ) -> Iterator[Sequence[ListedContact]]:
        """Yield the phone's address book; raises SendFailed, OutcomeUnknown."""
        return contacts.fetch_contacts(account, http)

    def pair(
        self, account: Account, webhook_url: str, http: OutboundClient, *, by_code: bool = False
    ) -> PairingCode:
        """Ask for the next code; raises PairingFailed."""
        return pairing.pair(account, webhook_url, http, by_code=by_code)

    def pairing_state(self, account: Account, http: OutboundClient) -> PairingState:
        """Where the phone stands now."""
        return pairing.pairing_state(account, http)

    def unpair(self, account: Account, http: OutboundClient) -> None:
        """Log the phone out; raises SendFailed, OutcomeUnknown."""
        pairing.unpair(account, http)

    def check_connection(
        self, account: Account, webhook_url: str, http: OutboundClient
    ) -> Iterator[Finding]:
        """Look at the gateway, the phone and the webhook."""
        return check.check_connection(account, webhook_url, http)
