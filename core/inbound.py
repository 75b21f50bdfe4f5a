"""What a provider's webhook says, in our words: the typed items that `Adapter.parse` yields."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from core.listed_templates import TemplateState


class IdentityKind(StrEnum):
    """Kinds of addresses that reach a person. Phone and e-mail hold across channels."""

    PHONE = "phone"
    EMAIL = "email"
    BSUID = "bsuid"
    LID = "lid"
    PSID = "psid"
    IGSID = "igsid"
    TELEGRAM = "telegram"
    TIKTOK_IM = "tiktok_im"
    TIKTOK_BUYER = "tiktok_buyer"
    SHOPEE_USER = "shopee_user"
    LAZADA_BUYER = "lazada_buyer"


class MessageKind(StrEnum):
    """What a message holds. `placeholder` stands for a kind that we don't show."""

    TEXT = "text"
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"
    STICKER = "sticker"
    TEMPLATE = "template"
    NOTE = "note"
    PLACEHOLDER = "placeholder"


class MessageState(StrEnum):
    """How far a message got. Ranked in this order; `failed` is terminal after `sent`."""

    RECEIVED = "received"
    QUEUED = "queued"
    SENDING = "sending"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    PLAYED = "played"
    FAILED = "failed"


@dataclass(frozen=True)
class Address:
    """An address as the provider wrote it. A phone is `+` and digits, never rewritten."""

    kind: IdentityKind
    value: str


@dataclass(frozen=True)
class Media:
    """A file that the provider holds for us: fetched later, in a job."""

    kind: MessageKind
    provider_id: str = ""
    url: str = ""
    mime_type: str = ""
    sha256: str = ""
    filename: str = ""


@dataclass(frozen=True)
class InboundMessage:
    """A message a person wrote, or (`is_echo`) one typed on the phone of the channel's owner.

    `addresses` are the *other* party's, the best to answer first. `text` holds the body or caption.
    `opaque` is what we put into the provider's opaque field when the message is an echo of ours.
    `order` is its place in its conversation where the provider counts: what waits together is put
    into that order. 0: it comes as it came.
    `is_automatic`: a machine wrote it (an absence note, a newsletter): nobody waits for an answer,
    and nothing may answer by itself. `answers`: the provider's ids of what it may answer, the best
    first, where a message names several; the first that is known here counts.
    """

    provider_id: str
    addresses: tuple[Address, ...]
    kind: MessageKind
    sent_at: datetime
    text: str = ""
    name: str = ""
    subject: str = ""
    reply_to: str = ""
    answers: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()
    is_automatic: bool = False
    is_echo: bool = False
    is_history: bool = False
    opaque: str = ""
    order: int = 0
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class InboundStatus:
    """A receipt for a message of ours, by the provider's id or by our opaque value."""

    provider_id: str
    state: MessageState
    at: datetime
    opaque: str = ""
    error_class: str = ""
    error_code: str = ""
    error_reason: str = ""


@dataclass(frozen=True)
class InboundWatermark:
    """A receipt for everything that we sent to somebody up to a moment, or up to a message of ours.

    `addresses` are theirs. With `provider_id` it ends at that message, else at `until`.
    """

    addresses: tuple[Address, ...]
    state: MessageState
    at: datetime
    until: datetime | None = None
    provider_id: str = ""


@dataclass(frozen=True)
class InboundReaction:
    """An emoji on a message; an empty one takes it back."""

    provider_id: str
    target_id: str
    emoji: str
    addresses: tuple[Address, ...]
    at: datetime
    is_echo: bool = False


@dataclass(frozen=True)
class InboundEdit:
    """A new text for an earlier message, or (`is_revoked`) its withdrawal."""

    target_id: str
    at: datetime
    text: str = ""
    is_revoked: bool = False


@dataclass(frozen=True)
class AddressChanged:
    """A person moved to a new address: it is linked, and the history stays."""

    old: Address
    new: Address
    at: datetime


@dataclass(frozen=True)
class AddressesLinked:
    """The provider says that these addresses are one account (LID and phone, BSUID and phone)."""

    addresses: tuple[Address, ...]
    at: datetime


@dataclass(frozen=True)
class ContactPushed:
    """The phone's address book gained, changed or (`is_removed`) lost an entry."""

    address: Address
    at: datetime
    name: str = ""
    is_removed: bool = False
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Fact:
    """Something that a provider says of a channel: its quality, its limit, its name.

    `name` is a word of ours in snake case, `value` for a person. A percentage ends with `%`.
    """

    name: str
    value: str
    is_bad: bool = False


@dataclass(frozen=True)
class ChannelChanged:
    """Something happened to the channel itself: banned, logged out, quality, a declined history.

    `is_down`: nothing can be sent any more. `is_up`: what was down works again. `is_bad`: an
    administrator is told of `reason`. `facts` replace those of the same name, unless newer ones
    are known.
    """

    what: str
    reason: str
    at: datetime
    is_down: bool = False
    is_up: bool = False
    is_bad: bool = False
    facts: tuple[Fact, ...] = ()
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TemplateChanged:
    """A provider decided on a template: what is None or "" stays as it was."""

    provider_id: str
    name: str
    language: str
    at: datetime
    state: TemplateState | None = None
    reason: str = ""
    category: str = ""
    quality: str = ""


@dataclass(frozen=True)
class WishTold:
    """The provider says that a person wants nothing unasked any more: they blocked us, or opted out
    with it. `is_out` False: they took that back. `is_said`: they wrote so themselves, in a word
    that the provider knows.
    """

    address: Address
    at: datetime
    is_out: bool = True
    is_said: bool = False


@dataclass(frozen=True)
class OrderPushed:
    """A marketplace says that an order is new or changed; the adapter fetches it in a job."""

    order_id: str
    at: datetime
    status: str = ""


@dataclass(frozen=True)
class Counted:
    """Something we count and don't keep: group messages, locations, shared contacts, polls (D2)."""

    what: str


@dataclass(frozen=True)
class BadItem:
    """An item of a good body that could not be read. `raw` is kept, `reason` is for a person."""

    reason: str
    raw: Any


Item = (
    InboundMessage
    | InboundStatus
    | InboundWatermark
    | InboundReaction
    | InboundEdit
    | AddressChanged
    | AddressesLinked
    | ContactPushed
    | ChannelChanged
    | TemplateChanged
    | WishTold
    | OrderPushed
    | Counted
    | BadItem
)
