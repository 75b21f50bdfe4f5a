"""What a channel adapter is: it reads a provider's webhooks and sends to its API.

An adapter holds no state and knows no database. It gets an `Account` (one connected channel, its
secrets opened) and answers in the words of `core.inbound`.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

from pydantic import BaseModel

from core.inbound import Address, Fact, IdentityKind, Item, Media, MessageKind
from core.listed_templates import TemplateSlot

if TYPE_CHECKING:
    from core.outbound import OutboundClient


class Receipts(StrEnum):
    """What a provider tells about a sent message."""

    NONE = "none"
    DELIVERED = "delivered"
    READ = "read"


@dataclass(frozen=True)
class Capabilities:
    """What a channel can do. The screens follow these, not the channel's name.

    `max_bytes`: the largest file of each kind, checked before anything is queued. `per_minute`:
    how many messages that nobody asked for one account may send, before the provider refuses them
    or looks askance; None: as many as are written. `window`: how long free text may follow what the
    customer wrote; `person_window`, longer, is for what a person writes by hand. `captions`: a file
    and a text go as one message; else as two. `sms`: a text of the phone network, charged by its
    parts and offered only where a contact's module may use it (D11). `threads`: messages have a
    subject, and name those that they follow. `is_polled`: it is asked for what is new, and delivers
    nothing itself.
    """

    identity_kinds: tuple[IdentityKind, ...]
    media: frozenset[MessageKind] = frozenset()
    templates: bool = False
    window: timedelta | None = None
    person_window: timedelta | None = None
    receipts: Receipts = Receipts.NONE
    replies: bool = False
    reactions: bool = False
    contact_list: bool = False
    contact_push: bool = False
    pairing: bool = False
    opaque_id: bool = False
    captions: bool = True
    max_text: int = 4096
    max_bytes: Mapping[MessageKind, int] = field(default_factory=dict)
    per_minute: int | None = None
    sms: bool = False
    threads: bool = False
    is_polled: bool = False


@dataclass(frozen=True)
class Account:
    """One connected channel as an adapter sees it: its settings and its opened secrets.

    `webhook_url` is where its provider delivers, for those that are told with each message.
    """

    channel_id: int
    uuid: uuid.UUID
    kind: str
    own_address: str
    region: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    webhook_url: str = ""


@dataclass(frozen=True)
class WebhookRequest:
    """A webhook call as it came. Header names are lower case; `url` is the public one."""

    method: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class OutboundTemplate:
    """An approved template by its provider name, with its variables in order.

    `slots` says where each variable goes; without any, all go into the body by their order.
    """

    name: str
    language: str
    variables: tuple[str, ...] = ()
    slots: tuple[TemplateSlot, ...] = ()


@dataclass(frozen=True)
class Earlier:
    """A message that a new one comes after, as its adapter knows it: `raw` is what `parse` kept."""

    provider_id: str
    is_ours: bool
    subject: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OutboundMessage:
    """A message on its way out. `opaque` is our id, put where the provider echoes it.

    `is_after_window`: free text by a person, after `Capabilities.window` and still inside
    `person_window`.
    `follows`: the last messages of the conversation, newest first, for a channel with `threads`.
    `is_automatic`: no person wrote it, and no machine should answer.
    """

    to: Address
    opaque: str
    kind: MessageKind
    text: str = ""
    subject: str = ""
    reply_to: str = ""
    follows: tuple[Earlier, ...] = ()
    is_automatic: bool = False
    template: OutboundTemplate | None = None
    reaction_to: str = ""
    media: Media | None = None
    media_bytes: bytes = b""
    media_name: str = ""
    is_after_window: bool = False


@dataclass(frozen=True)
class Accepted:
    """The provider took the message and calls it `provider_id`.

    `at`: just before the call that sent it, where others (an upload) came first. A receipt for all
    up to a moment goes by it; without one, the moment when the send began holds.
    """

    provider_id: str
    at: datetime | None = None


class SignatureRefused(Exception):
    """The webhook isn't proven to be the provider's. `is_unconfigured`: we hold no secret to check.

    Answered with 401, and nothing is stored.
    """

    def __init__(self, message: str, *, is_unconfigured: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.is_unconfigured = is_unconfigured


class MalformedBody(ValueError):
    """The body as a whole can't be read. Answered with 400, and nothing is stored."""


class Adapter(Protocol):
    """One kind of channel.

    `settings` is the form an admin fills (pydantic; a `SecretStr` field is sealed, never shown
    again). `send` raises `core.outbound.SendFailed` with one of the five error classes, or
    `OutcomeUnknown` when the request left and no answer came.
    """

    kind: ClassVar[str]
    title: ClassVar[str]
    capabilities: ClassVar[Capabilities]
    settings: ClassVar[type[BaseModel]]

    def handshake(self, account: Account, request: WebhookRequest) -> str | None:
        """Answer a provider's GET that checks the address; None refuses it."""
        ...

    def verify(self, account: Account, request: WebhookRequest) -> None:
        """Prove on the raw body who sent it; raises SignatureRefused. Fails closed."""
        ...

    def check(self, body: bytes) -> None:
        """Raise MalformedBody unless the body is of the provider's shape. Cheap: runs inline."""
        ...

    def parse(self, account: Account, body: bytes) -> Iterable[Item]:
        """Yield every item of the body, in order. A bad item is a BadItem, never an exception."""
        ...

    def send(self, account: Account, message: OutboundMessage, http: OutboundClient) -> Accepted:
        """Hand one message to the provider. Called outside any transaction."""
        ...


@runtime_checkable
class FetchesMedia(Protocol):
    """An adapter whose messages bear files: they are fetched in a job, as soon as they are named.

    `fetch_media` returns the bytes, checked against what the webhook said of them. It raises
    `SendFailed` (class `retry`: later again) or `OutcomeUnknown`, a GET that may be repeated.
    """

    def fetch_media(self, account: Account, file: Media, http: OutboundClient) -> bytes:
        """Download a file that an inbound message named. Called outside any transaction."""
        ...


@runtime_checkable
class FetchesName(Protocol):
    """An adapter whose messages don't say who wrote: the name is asked for in a job.

    Of who is new, and again of who still has none when a conversation is opened or reopened.
    """

    def fetch_name(self, account: Account, address: Address, http: OutboundClient) -> str:
        """The name that somebody gave themselves, or "" where the provider tells none.

        Raises SendFailed, OutcomeUnknown (it is a GET). Called outside any transaction.
        """
        ...


@runtime_checkable
class NamesParticipants(Protocol):
    """An adapter in whose talks several people may write: an e-mail with copies."""

    def participants(self, raw: Mapping[str, Any]) -> Collection[Address]:
        """Everybody whom a stored message names: its writer, and whom it went to beside us."""
        ...


@dataclass(frozen=True)
class ListedContact:
    """One entry of an account's address book, as the provider holds it.

    `address` is None for what is no person (a group, a status list): `raw`, the entry's id as it
    came, then tells a person what was left out.
    """

    address: Address | None
    name: str = ""
    raw: str = ""


@runtime_checkable
class FetchesContacts(Protocol):
    """An adapter that can read the whole address book (capability `contact_list`)."""

    def fetch_contacts(
        self, account: Account, http: OutboundClient
    ) -> Iterator[Sequence[ListedContact]]:
        """Yield the address book page by page. Raises SendFailed, OutcomeUnknown (it is a GET).

        Called outside any transaction, also between the pages.
        """
        ...


@runtime_checkable
class ReadsFacts(Protocol):
    """An adapter that can ask how its account stands: quality, limits, name."""

    def read_facts(self, account: Account, http: OutboundClient) -> Sequence[Fact]:
        """Ask the provider. Raises SendFailed, OutcomeUnknown (it is a GET).

        Called outside any transaction.
        """
        ...


@runtime_checkable
class SubscribesWebhook(Protocol):
    """An adapter that tells its provider where to deliver, so that nobody copies an address.

    Both are called outside any transaction and repeated safely. They raise SendFailed,
    OutcomeUnknown.
    """

    def subscribe(self, account: Account, webhook_url: str, http: OutboundClient) -> None:
        """Have the provider deliver to `webhook_url`: when a channel is made, changed, resumed."""
        ...

    def unsubscribe(self, account: Account, webhook_url: str, http: OutboundClient) -> None:
        """Have it deliver there no more: before a channel is disconnected."""
        ...


@dataclass(frozen=True)
class SetupStep:
    """One thing to do. `copies` is a text to copy; `shows="webhook_url"` adds the channel's own."""

    title: str
    text: str
    copies: str = ""
    shows: str = ""


@runtime_checkable
class GuidesSetup(Protocol):
    """An adapter that says how to connect an account: first before the form, then after it."""

    steps_before: ClassVar[Sequence[SetupStep]]
    steps_after: ClassVar[Sequence[SetupStep]]


@dataclass(frozen=True)
class Finding:
    """One thing that a test of the connection looked at. `advice` says what to do about a fault."""

    what: str
    is_good: bool
    advice: str = ""


@runtime_checkable
class ChecksConnection(Protocol):
    """An adapter that can test a connection without writing to anybody."""

    def check_connection(
        self, account: Account, webhook_url: str, http: OutboundClient
    ) -> Iterator[Finding]:
        """Yield findings, the most basic first; end where the rest can't be looked at.

        Called outside any transaction. Never raises for what a provider can do wrong.
        """
        ...
