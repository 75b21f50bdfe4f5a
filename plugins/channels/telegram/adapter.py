"""Telegram, as the core sees it."""

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
    SetupStep,
    WebhookRequest,
)
from plugins.channels.telegram import check, media, parse, send, signature, steps, webhook
from plugins.channels.telegram.settings import TelegramSettings


class TelegramAdapter:
    """One bot. Each method's work is in the sibling file of its name."""

    kind: ClassVar[str] = "telegram"
    title: ClassVar[str] = "Telegram"
    settings: ClassVar[type[BaseModel]] = TelegramSettings
    steps_before: ClassVar[Sequence[SetupStep]] = steps.BEFORE
    steps_after: ClassVar[Sequence[SetupStep]] = steps.AFTER
    capabilities: ClassVar[Capabilities] = Capabilities(
        identity_kinds=(IdentityKind.TELEGRAM,),
        media=frozenset(media.LIMITS),
        replies=True,
        reactions=True,
        max_text=send.MAX_TEXT,
        max_bytes=media.LIMITS,
        per_minute=1_500,  # "about 30 a second" to different people, by its bots FAQ
    )

    def handshake(self, account: Account, request: WebhookRequest) -> str | None:
        """Telegram has none: its webhook only delivers."""
        return None

    def verify(self, account: Account, request: WebhookRequest) -> None:
        """Check X-Telegram-Bot-Api-Secret-Token; raises SignatureRefused."""
        signature.verify(account, request)

    def check(self, body: bytes) -> None:
        """Raise MalformedBody unless this is an update of Telegram's."""
        parse.load(body)

    def parse(self, account: Account, body: bytes) -> Iterable[Item]:
        """Yield what the update means."""
        return parse.parse(body)

    def send(self, account: Account, message: OutboundMessage, http: OutboundClient) -> Accepted:
        """Hand one message to Telegram; raises SendFailed, OutcomeUnknown."""
        return send.send(account, message, http)

    def fetch_media(self, account: Account, file: Media, http: OutboundClient) -> bytes:
        """Download a file that an update named; raises SendFailed."""
        return media.fetch_media(account, file, http)

    def subscribe(self, account: Account, webhook_url: str, http: OutboundClient) -> None:
        """Call setWebhook; raises SendFailed, OutcomeUnknown."""
        webhook.subscribe(account, webhook_url, http)

    def unsubscribe(self, account: Account, webhook_url: str, http: OutboundClient) -> None:
        """Call deleteWebhook, where it is ours; raises SendFailed, OutcomeUnknown."""
        webhook.unsubscribe(account, webhook_url, http)

    def read_facts(self, account: Account, http: OutboundClient) -> Sequence[Fact]:
        """Ask for the bot's name and what waits for delivery; raises SendFailed, OutcomeUnknown."""
        return check.read_facts(account, http)

    def check_connection(
        self, account: Account, webhook_url: str, http: OutboundClient
    ) -> Iterator[Finding]:
        """Look at the token and the webhook."""
        return check.check_connection(account, webhook_url, http)
