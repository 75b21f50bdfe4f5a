"""A Lazada shop, as the core sees it."""

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
    Media,
    MessageKind,
    OutboundClient,
    OutboundMessage,
    Receipts,
    Renewed,
    SetupStep,
    ShopOrder,
    WebhookRequest,
    say,
)
from plugins.channels.lazada import access, check, media, orders, parse, send, signature, steps
from plugins.channels.lazada.settings import LazadaSettings


class LazadaAdapter:
    """One shop behind the Open Platform. Each method's work is in the sibling file of its name."""

    kind: ClassVar[str] = "lazada"
    title: ClassVar[str] = say("Lazada")
    settings: ClassVar[type[BaseModel]] = LazadaSettings
    steps_before: ClassVar[Sequence[SetupStep]] = steps.BEFORE
    steps_after: ClassVar[Sequence[SetupStep]] = steps.AFTER
    capabilities: ClassVar[Capabilities] = Capabilities(
        identity_kinds=(IdentityKind.LAZADA_BUYER,),
        media=frozenset({MessageKind.IMAGE}),
        receipts=Receipts.NONE,
        max_text=send.MAX_TEXT,
        max_bytes={MessageKind.IMAGE: media.MAX_IMAGE},
        captions=False,
        per_minute=20,  # not published; a shop that writes like a machine is restricted
    )

    def handshake(self, account: Account, request: WebhookRequest) -> str | None:
        """There is none: the console posts a test message."""
        return None

    def verify(self, account: Account, request: WebhookRequest) -> None:
        """Check Authorization; raises SignatureRefused."""
        signature.verify(account, request)

    def check(self, body: bytes) -> None:
        """Raise MalformedBody unless this is a push of Lazada's."""
        parse.load(body)

    def parse(self, account: Account, body: bytes) -> Iterable[Item]:
        """Yield what the push means."""
        return parse.parse(account, body)

    def send(self, account: Account, message: OutboundMessage, http: OutboundClient) -> Accepted:
        """Write to a buyer; raises SendFailed, OutcomeUnknown."""
        return send.send(account, message, http)

    def fetch_media(self, account: Account, file: Media, http: OutboundClient) -> bytes:
        """Download a picture or video of a buyer's; raises SendFailed."""
        return media.fetch_media(account, file, http)

    def fetch_order(self, account: Account, order_id: str, http: OutboundClient) -> ShopOrder:
        """Ask for an order; raises SendFailed, OutcomeUnknown."""
        return orders.fetch_order(account, order_id, http)

    def renew_access(self, account: Account, http: OutboundClient) -> Renewed | None:
        """Trade the code or the refresh token; raises SendFailed, OutcomeUnknown."""
        return access.renew_access(account, http)

    def check_connection(
        self, account: Account, webhook_url: str, http: OutboundClient
    ) -> Iterator[Finding]:
        """Look at the access, the shop and its pushes."""
        return check.check_connection(account, webhook_url, http)
