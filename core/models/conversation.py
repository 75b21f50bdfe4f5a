"""Conversations, their messages and attachments."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from core.inbound import MessageKind, MessageState
from core.models.base import (
    Base,
    Json,
    TenantMixin,
    TimesMixin,
    UtcDateTime,
    UuidMixin,
    choice,
    now,
    tenant_fk,
    tenant_table,
)
from core.models.channel import Channel
from core.models.contact import Contact, Identity
from core.models.pipeline import Card
from core.models.team import Division
from core.models.tenant import Membership


class ConversationState(StrEnum):
    """Open: somebody should act. Pending: snoozed or waiting. Closed: done, until they write."""

    OPEN = "open"
    PENDING = "pending"
    CLOSED = "closed"


class Direction(StrEnum):
    """Inbound: the customer wrote. Outbound: we did. Internal: a note that nobody receives."""

    IN = "in"
    OUT = "out"
    INTERNAL = "internal"


class Sender(StrEnum):
    """Who wrote a message of ours; a customer's has `customer`.

    A `bot` answers what was just written; `automation` and `broadcast` write unasked, and so never
    to somebody who opted out.
    """

    CUSTOMER = "customer"
    AGENT = "agent"
    PHONE = "phone"
    AUTOMATION = "automation"
    API = "api"
    BOT = "bot"
    BROADCAST = "broadcast"


class Conversation(TenantMixin, UuidMixin, TimesMixin, Base):
    """All that passes between one channel and one identity; an inbound message reopens it.

    `last_at`, `preview`, `unread` and `waiting_since` stand here so that the inbox reads one index.
    `window_until` is the end of the provider's free-text window, from the provider's own times.
    """

    __tablename__ = "conversation"
    __table_args__ = tenant_table(
        UniqueConstraint("uuid"),
        UniqueConstraint("tenant_id", "channel_id", "identity_id"),
        tenant_fk("channel_id", "channel"),
        tenant_fk("identity_id", "identity"),
        tenant_fk("contact_id", "contact"),
        tenant_fk("assignee_id", "membership"),
        tenant_fk("division_id", "division"),
        Index(
            "ix_conversation_open",
            "tenant_id",
            text("last_at DESC"),
            text("id DESC"),
            sqlite_where=text("state <> 'closed'"),
            postgresql_where=text("state <> 'closed'"),
        ),
        Index(
            "ix_conversation_agent",
            "tenant_id",
            "assignee_id",
            text("last_at DESC"),
            text("id DESC"),
            sqlite_where=text("state <> 'closed'"),
            postgresql_where=text("state <> 'closed'"),
        ),
        Index(
            "ix_conversation_channel",
            "tenant_id",
            "channel_id",
            text("last_at DESC"),
            text("id DESC"),
            sqlite_where=text("state <> 'closed'"),
            postgresql_where=text("state <> 'closed'"),
        ),
        Index(
            "ix_conversation_division",
            "tenant_id",
            "division_id",
            text("last_at DESC"),
            text("id DESC"),
            sqlite_where=text("state <> 'closed' AND division_id IS NOT NULL"),
            postgresql_where=text("state <> 'closed' AND division_id IS NOT NULL"),
        ),
        Index(
            "ix_conversation_waiting",
            "tenant_id",
            "waiting_since",
            text("id DESC"),
            sqlite_where=text("state <> 'closed' AND waiting_since IS NOT NULL"),
            postgresql_where=text("state <> 'closed' AND waiting_since IS NOT NULL"),
        ),
        Index(
            "ix_conversation_unread",
            "tenant_id",
            "assignee_id",
            sqlite_where=text("state <> 'closed' AND unread > 0"),
            postgresql_where=text("state <> 'closed' AND unread > 0"),
        ),
        Index(
            "ix_conversation_snoozed",
            "tenant_id",
            text("last_at DESC"),
            text("id DESC"),
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
        Index(
            "ix_conversation_agent_closed",
            "tenant_id",
            "assignee_id",
            text("last_at DESC"),
            text("id DESC"),
            sqlite_where=text("state = 'closed'"),
            postgresql_where=text("state = 'closed'"),
        ),
        Index("ix_conversation_all", "tenant_id", text("last_at DESC"), text("id DESC")),
        Index("ix_conversation_contact", "tenant_id", "contact_id"),
    )

    channel_id: Mapped[int] = mapped_column(Integer)
    identity_id: Mapped[int] = mapped_column(Integer)
    contact_id: Mapped[int] = mapped_column(Integer)
    assignee_id: Mapped[int | None] = mapped_column(Integer)
    division_id: Mapped[int | None] = mapped_column(Integer)
    state: Mapped[ConversationState] = mapped_column(
        choice(ConversationState), default=ConversationState.OPEN
    )
    unread: Mapped[int] = mapped_column(default=0)
    preview: Mapped[str] = mapped_column(String(160), default="")
    preview_direction: Mapped[Direction] = mapped_column(choice(Direction), default=Direction.IN)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    last_inbound_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    waiting_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    window_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    snoozed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    channel: Mapped[Channel] = relationship(
        Channel, primaryjoin=lambda: foreign(Conversation.channel_id) == Channel.id
    )
    identity: Mapped[Identity] = relationship(
        Identity, primaryjoin=lambda: foreign(Conversation.identity_id) == Identity.id
    )
    contact: Mapped[Contact] = relationship(
        Contact, primaryjoin=lambda: foreign(Conversation.contact_id) == Contact.id
    )
    assignee: Mapped[Membership | None] = relationship(
        Membership, primaryjoin=lambda: foreign(Conversation.assignee_id) == Membership.id
    )
    division: Mapped[Division | None] = relationship(
        Division, primaryjoin=lambda: foreign(Conversation.division_id) == Division.id
    )

    def __str__(self) -> str:
        return str(self.contact)


class Message(TenantMixin, UuidMixin, Base):
    """One message. Unique on (channel, provider id); ours has no provider id until accepted.

    `sent_at` is the provider's time, `created_at` when we learnt of it. Lists go by `id`, which is
    the order of arrival. `is_automatic`: a machine of the other side wrote it.
    """

    __tablename__ = "message"
    __table_args__ = tenant_table(
        UniqueConstraint("uuid"),
        UniqueConstraint("tenant_id", "channel_id", "provider_id"),
        tenant_fk("conversation_id", "conversation", ondelete="CASCADE"),
        tenant_fk("channel_id", "channel"),
        tenant_fk("contact_id", "contact"),
        tenant_fk("author_id", "membership"),
        tenant_fk("card_id", "card"),
        tenant_fk("reply_to_id", "message"),
        Index("ix_message_conversation", "tenant_id", "conversation_id", "id"),
        Index("ix_message_contact", "tenant_id", "contact_id", "id"),
    )

    conversation_id: Mapped[int] = mapped_column(Integer)
    channel_id: Mapped[int] = mapped_column(Integer)
    contact_id: Mapped[int] = mapped_column(Integer)
    card_id: Mapped[int | None] = mapped_column(Integer)
    author_id: Mapped[int | None] = mapped_column(Integer)
    reply_to_id: Mapped[int | None] = mapped_column(Integer)
    provider_id: Mapped[str | None] = mapped_column(String(190))
    direction: Mapped[Direction] = mapped_column(choice(Direction))
    sender: Mapped[Sender] = mapped_column(choice(Sender))
    kind: Mapped[MessageKind] = mapped_column(choice(MessageKind), default=MessageKind.TEXT)
    subject: Mapped[str] = mapped_column(String(200), default="")
    body: Mapped[str] = mapped_column(Text, default="")
    template: Mapped[dict[str, Any] | None] = mapped_column(Json)
    state: Mapped[MessageState] = mapped_column(choice(MessageState))
    error_class: Mapped[str] = mapped_column(String(20), default="")
    error_code: Mapped[str] = mapped_column(String(40), default="")
    error_reason: Mapped[str] = mapped_column(String(500), default="")
    reactions: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    raw: Mapped[dict[str, Any] | None] = mapped_column(Json)
    is_history: Mapped[bool] = mapped_column(default=False)
    is_automatic: Mapped[bool] = mapped_column(default=False)
    is_deleted: Mapped[bool] = mapped_column(Boolean, default=False)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    conversation: Mapped[Conversation] = relationship(
        Conversation, primaryjoin=lambda: foreign(Message.conversation_id) == Conversation.id
    )
    channel: Mapped[Channel] = relationship(
        Channel, primaryjoin=lambda: foreign(Message.channel_id) == Channel.id
    )
    contact: Mapped[Contact] = relationship(
        Contact, primaryjoin=lambda: foreign(Message.contact_id) == Contact.id
    )
    author: Mapped[Membership | None] = relationship(
        Membership, primaryjoin=lambda: foreign(Message.author_id) == Membership.id
    )
    card: Mapped[Card | None] = relationship(
        Card, primaryjoin=lambda: foreign(Message.card_id) == Card.id
    )
    reply_to: Mapped[Message | None] = relationship(
        lambda: Message,
        primaryjoin=lambda: foreign(Message.reply_to_id) == Message.id,
        remote_side=lambda: Message.id,
    )
    attachments: Mapped[list[Attachment]] = relationship(
        lambda: Attachment,
        primaryjoin=lambda: foreign(Attachment.message_id) == Message.id,
        viewonly=True,
        order_by=lambda: Attachment.id,
    )

    def __str__(self) -> str:
        return self.body[:60]


class AttachmentState(StrEnum):
    """Whether the bytes are here yet."""

    PENDING = "pending"
    STORED = "stored"
    FAILED = "failed"


class Attachment(TenantMixin, UuidMixin, Base):
    """A file of a message, stored by its SHA-256 outside the web root."""

    __tablename__ = "attachment"
    __table_args__ = tenant_table(
        UniqueConstraint("uuid"),
        tenant_fk("message_id", "message", ondelete="CASCADE"),
        Index("ix_attachment_message", "tenant_id", "message_id"),
    )

    message_id: Mapped[int] = mapped_column(Integer)
    kind: Mapped[MessageKind] = mapped_column(choice(MessageKind))
    name: Mapped[str] = mapped_column(String(255), default="")
    mime_type: Mapped[str] = mapped_column(String(120), default="")
    size: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    provider_ref: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    state: Mapped[AttachmentState] = mapped_column(
        choice(AttachmentState), default=AttachmentState.PENDING
    )
    reason: Mapped[str] = mapped_column(String(300), default="")

    def __str__(self) -> str:
        return self.name
