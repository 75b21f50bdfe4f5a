"""WhatsApp Cloud API, as the core sees it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import ClassVar

from pydantic import BaseModel

from core.api import (
    Accepted,
    Account,
    Capabilities,
    Fact,
    Finding,
    IdentityKind,
    ImportOffer,
    Item,
    ListedTemplate,
    Media,
    OutboundClient,
    OutboundMessage,
    Receipts,
    SetupStep,
    WebhookRequest,
    hub_signature,
)
from plugins.channels.whatsapp_cloud import (
    check,
    facts,
    media,
    parse,
    past,
    send,
    steps,
    templates,
)
from plugins.channels.whatsapp_cloud.settings import CloudSettings


class WhatsAppCloudAdapter:
    """One WhatsApp number at Meta. Each method's work is in the sibling file of its name."""

    kind: ClassVar[str] = "whatsapp_cloud"
    title: ClassVar[str] = "WhatsApp (Cloud API)"
    settings: ClassVar[type[BaseModel]] = CloudSettings
    steps_before: ClassVar[Sequence[SetupStep]] = steps.BEFORE
    steps_after: ClassVar[Sequence[SetupStep]] = steps.AFTER
    imports: ClassVar[Sequence[ImportOffer]] = past.OFFERS
    capabilities: ClassVar[Capabilities] = Capabilities(
        identity_kinds=(IdentityKind.PHONE, IdentityKind.BSUID),
        media=frozenset(media.LIMITS),
        templates=True,
        window=timedelta(hours=24),
        receipts=Receipts.READ,
        replies=True,
        reactions=True,
        contact_push=True,
        opaque_id=True,
        max_text=send.MAX_TEXT,
        max_bytes=media.LIMITS,
        per_minute=4_800,  # 80 a second from a number, by its page on throughput; Meta raises it
    )

    def handshake(self, account: Account, request: WebhookRequest) -> str | None:
        """Answer Meta's check of the address; raises SignatureRefused."""
        return hub_signature.handshake(request, account.secrets.get("verify_token", ""))

    def verify(self, account: Account, request: WebhookRequest) -> None:
        """Check X-Hub-Signature-256; raises SignatureRefused."""
        hub_signature.verify(request, account.secrets.get("app_secret", ""))

    def check(self, body: bytes) -> None:
        """Raise MalformedBody unless this is a WhatsApp Business Account's JSON."""
        parse.check(body)

    def parse(self, account: Account, body: bytes) -> Iterable[Item]:
        """Yield every item of every entry and change."""
        return parse.parse(account, body)

    def send(self, account: Account, message: OutboundMessage, http: OutboundClient) -> Accepted:
        """Hand one message to Meta; raises SendFailed, OutcomeUnknown."""
        return send.send(account, message, http)

    def fetch_media(self, account: Account, file: Media, http: OutboundClient) -> bytes:
        """Download a file that a webhook named; raises SendFailed."""
        return media.fetch_media(account, file, http)

    def list_templates(
        self, account: Account, http: OutboundClient
    ) -> Iterator[Sequence[ListedTemplate]]:
        """Yield the account's templates by pages; raises SendFailed, OutcomeUnknown."""
        return templates.list_templates(account, http)

    def read_facts(self, account: Account, http: OutboundClient) -> Sequence[Fact]:
        """Ask how the number stands; raises SendFailed, OutcomeUnknown."""
        return facts.read_facts(account, http)

    def begin_import(self, account: Account, name: str, http: OutboundClient) -> None:
        """Ask Meta for contacts or history of the app; raises SendFailed, OutcomeUnknown."""
        past.begin_import(account, name, http)

    def check_connection(
        self, account: Account, webhook_url: str, http: OutboundClient
    ) -> Iterator[Finding]:
        """Look at the token, the number and the subscription."""
        return check.check_connection(account, webhook_url, http)
