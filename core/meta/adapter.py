"""A channel of the Messenger Platform, as the core sees it. A plugin names its dialect."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from core import hub_signature
from core.adapter import Accepted, Account, Finding, OutboundMessage, SetupStep, WebhookRequest
from core.inbound import Address, Item, Media
from core.meta import checking, envelope, events, files, people, sending, subscription
from core.meta.dialect import Dialect
from core.outbound import OutboundClient, OutcomeUnknown, SendFailed


class PlatformAdapter(ABC):
    """Subclass it with `kind`, `title`, `capabilities`, `settings`, the steps and what is below.

    Of an account it reads the settings `graph_url` and the dialect's ids, and the secrets
    `access_token`, `app_secret` and `verify_token`.
    """

    dialect: ClassVar[Dialect]
    steps_before: ClassVar[Sequence[SetupStep]]
    steps_after: ClassVar[Sequence[SetupStep]]
    tokens_screen: ClassVar[str]
    """Where a new token is made, and where webhooks are set, by Meta's own screen names."""
    webhook_screen: ClassVar[str]

    def handshake(self, account: Account, request: WebhookRequest) -> str | None:
        """Answer Meta's check of the address; raises SignatureRefused."""
        return hub_signature.handshake(request, account.secrets.get("verify_token", ""))

    def verify(self, account: Account, request: WebhookRequest) -> None:
        """Check X-Hub-Signature-256; raises SignatureRefused."""
        hub_signature.verify(request, account.secrets.get("app_secret", ""))

    def check(self, body: bytes) -> None:
        """Raise MalformedBody unless this is the platform's JSON for this channel."""
        envelope.load(body, self.dialect.what)

    def parse(self, account: Account, body: bytes) -> Iterable[Item]:
        """Yield every item of every entry."""
        return events.parse(self.dialect, account, body)

    def send(self, account: Account, message: OutboundMessage, http: OutboundClient) -> Accepted:
        """Hand one message to Meta; raises SendFailed, OutcomeUnknown."""
        return sending.send(self.dialect, account, message, http)

    def fetch_media(self, account: Account, file: Media, http: OutboundClient) -> bytes:
        """Download a file that a webhook named; raises SendFailed."""
        return files.fetch(self.dialect, account, file, http)

    def fetch_name(self, account: Account, address: Address, http: OutboundClient) -> str:
        """Ask who wrote; raises SendFailed, OutcomeUnknown."""
        return people.fetch_name(self.dialect, account, address, http)

    def subscribe(self, account: Account, webhook_url: str, http: OutboundClient) -> None:
        """Have the page deliver to the app, whose own webhook a person sets at Meta."""
        subscription.subscribe(self.dialect, account, http)

    def unsubscribe(self, account: Account, webhook_url: str, http: OutboundClient) -> None:
        """Have the page deliver no more."""
        subscription.unsubscribe(self.dialect, account, http)

    @abstractmethod
    def scopes_for(self, account: Account) -> Sequence[str]:
        """The permissions that the account's token needs."""

    @abstractmethod
    def whose_token(self, account: Account, http: OutboundClient) -> Finding:
        """Whether the token is that of the account in the form. Raises SendFailed."""

    def check_connection(
        self, account: Account, webhook_url: str, http: OutboundClient
    ) -> Iterator[Finding]:
        """Look at the token, its account, the app and the subscriptions. Reads only."""
        graph = self.dialect.graph
        try:
            whose = self.whose_token(account, http)
        except (SendFailed, OutcomeUnknown) as error:
            fault = checking.fault(error, self.tokens_screen)
            yield fault or Finding(self.dialect.title, False, error.reason)
            return
        yield checking.token_taken()
        yield whose
        yield checking.app_secret(graph, account, http)
        expected = checking.Webhook(
            what=self.dialect.what,
            url=webhook_url,
            needed=("messages",),
            wanted=tuple(f for f in self.dialect.webhook_fields if f != "messages"),
            where=self.webhook_screen,
        )
        token = checking.token_facts(graph, account, http)
        if token is not None:
            yield checking.permissions(token, self.scopes_for(account), self.tokens_screen)
        yield subscription.look_at(self.dialect, account, expected, http)
        if token is not None:
            yield from checking.webhook(graph, account, token, http, expected)
