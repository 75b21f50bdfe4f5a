"""Conversations with their messages, and the cards and tasks that come of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.migrations.foundation.kinds import (
    JSON,
    MOMENT,
    MONEY,
    TOKEN,
    choice,
    tenant_fk,
    tenant_key,
    where,
)

TABLES = (
    "card",
    "conversation",
    "assignment",
    "message",
    "message_token",
    "attachment",
    "mention",
    "task",
)
"""In the order in which they are made."""


def create() -> None:
    """Make the tables."""
    op.create_table(
        "card",
        *tenant_key(),
        sa.Column("title", sa.String(160), nullable=False),
        sa.Column("module_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=True),
        sa.Column("stage", sa.String(60), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("amount", MONEY, nullable=True),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        tenant_fk("module_id", "module"),
        tenant_fk("contact_id", "contact"),
        tenant_fk("agent_id", "membership"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_card_contact", "card", ["tenant_id", "contact_id", "is_open", "updated_at"])
    op.create_index("ix_card_board", "card", ["tenant_id", "module_id", "stage", "place", "id"])
    op.create_table(
        "conversation",
        *tenant_key(),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("identity_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("assignee_id", sa.Integer(), nullable=True),
        sa.Column("division_id", sa.Integer(), nullable=True),
        sa.Column(
            "state", choice("conversationstate_choice", "open", "pending", "closed"), nullable=False
        ),
        sa.Column("unread", sa.Integer(), nullable=False),
        sa.Column("preview", sa.String(160), nullable=False),
        sa.Column(
            "preview_direction", choice("direction_choice", "in", "out", "internal"), nullable=False
        ),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.Column("last_inbound_at", MOMENT, nullable=True),
        sa.Column("waiting_since", MOMENT, nullable=True),
        sa.Column("window_until", MOMENT, nullable=True),
        sa.Column("snoozed_until", MOMENT, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        tenant_fk("channel_id", "channel"),
        tenant_fk("identity_id", "identity"),
        tenant_fk("contact_id", "contact"),
        tenant_fk("assignee_id", "membership"),
        tenant_fk("division_id", "division"),
        sa.UniqueConstraint("uuid"),
        sa.UniqueConstraint("tenant_id", "channel_id", "identity_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_conversation_agent",
        "conversation",
        ["tenant_id", "assignee_id", sa.text("last_at DESC"), sa.text("id DESC")],
        **where("state <> 'closed'"),
    )
    op.create_index(
        "ix_conversation_all",
        "conversation",
        ["tenant_id", sa.text("last_at DESC"), sa.text("id DESC")],
    )
    op.create_index(
        "ix_conversation_snoozed",
        "conversation",
        ["tenant_id", sa.text("last_at DESC"), sa.text("id DESC")],
        **where("state = 'pending'"),
    )
    op.create_index(
        "ix_conversation_agent_closed",
        "conversation",
        ["tenant_id", "assignee_id", sa.text("last_at DESC"), sa.text("id DESC")],
        **where("state = 'closed'"),
    )
    op.create_index(
        "ix_conversation_channel",
        "conversation",
        ["tenant_id", "channel_id", sa.text("last_at DESC"), sa.text("id DESC")],
        **where("state <> 'closed'"),
    )
    op.create_index("ix_conversation_contact", "conversation", ["tenant_id", "contact_id"])
    op.create_index(
        "ix_conversation_division",
        "conversation",
        ["tenant_id", "division_id", sa.text("last_at DESC"), sa.text("id DESC")],
        **where("state <> 'closed' AND division_id IS NOT NULL"),
    )
    op.create_index(
        "ix_conversation_unread",
        "conversation",
        ["tenant_id", "assignee_id"],
        **where("state <> 'closed' AND unread > 0"),
    )
    op.create_index(
        "ix_conversation_waiting",
        "conversation",
        ["tenant_id", "waiting_since", sa.text("id DESC")],
        **where("state <> 'closed' AND waiting_since IS NOT NULL"),
    )
    op.create_index(
        "ix_conversation_open",
        "conversation",
        ["tenant_id", sa.text("last_at DESC"), sa.text("id DESC")],
        **where("state <> 'closed'"),
    )
    op.create_table(
        "assignment",
        *tenant_key(),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=True),
        sa.Column("division_id", sa.Integer(), nullable=True),
        sa.Column("by_user_id", sa.Integer(), sa.ForeignKey("ab_user.id"), nullable=True),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        tenant_fk("conversation_id", "conversation", ondelete="CASCADE"),
        tenant_fk("agent_id", "membership"),
        tenant_fk("division_id", "division"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_assignment_conversation", "assignment", ["tenant_id", "conversation_id", "id"]
    )
    op.create_table(
        "message",
        *tenant_key(),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("card_id", sa.Integer(), nullable=True),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("reply_to_id", sa.Integer(), nullable=True),
        sa.Column("provider_id", sa.String(190), nullable=True),
        sa.Column("direction", choice("direction_choice", "in", "out", "internal"), nullable=False),
        sa.Column(
            "sender",
            choice(
                "sender_choice",
                "customer",
                "agent",
                "phone",
                "automation",
                "api",
                "bot",
                "broadcast",
            ),
            nullable=False,
        ),
        sa.Column(
            "kind",
            choice(
                "messagekind_choice",
                "text",
                "image",
                "video",
                "audio",
                "document",
                "sticker",
                "template",
                "note",
                "placeholder",
            ),
            nullable=False,
        ),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("template", JSON, nullable=True),
        sa.Column(
            "state",
            choice(
                "messagestate_choice",
                "received",
                "queued",
                "sending",
                "unknown",
                "accepted",
                "sent",
                "delivered",
                "read",
                "played",
                "failed",
            ),
            nullable=False,
        ),
        sa.Column("error_class", sa.String(20), nullable=False),
        sa.Column("error_code", sa.String(40), nullable=False),
        sa.Column("error_reason", sa.String(500), nullable=False),
        sa.Column("reactions", JSON, nullable=False),
        sa.Column("raw", JSON, nullable=True),
        sa.Column("is_history", sa.Boolean(), nullable=False),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column("edited_at", MOMENT, nullable=True),
        sa.Column("sent_at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("delivered_at", MOMENT, nullable=True),
        sa.Column("read_at", MOMENT, nullable=True),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        tenant_fk("conversation_id", "conversation", ondelete="CASCADE"),
        tenant_fk("channel_id", "channel"),
        tenant_fk("contact_id", "contact"),
        tenant_fk("author_id", "membership"),
        tenant_fk("card_id", "card"),
        tenant_fk("reply_to_id", "message"),
        sa.UniqueConstraint("uuid"),
        sa.UniqueConstraint("tenant_id", "channel_id", "provider_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_message_contact", "message", ["tenant_id", "contact_id", "id"])
    op.create_index("ix_message_conversation", "message", ["tenant_id", "conversation_id", "id"])
    op.create_table(
        "message_token",
        sa.Column("tenant_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("token", TOKEN, primary_key=True),
        sa.Column("message_id", sa.Integer(), primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "attachment",
        *tenant_key(),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            choice(
                "messagekind_choice",
                "text",
                "image",
                "video",
                "audio",
                "document",
                "sticker",
                "template",
                "note",
                "placeholder",
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("mime_type", sa.String(120), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("provider_ref", JSON, nullable=False),
        sa.Column(
            "state", choice("attachmentstate_choice", "pending", "stored", "failed"), nullable=False
        ),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        tenant_fk("message_id", "message", ondelete="CASCADE"),
        sa.UniqueConstraint("uuid"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_attachment_message", "attachment", ["tenant_id", "message_id"])
    op.create_table(
        "mention",
        *tenant_key(),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=True),
        tenant_fk("message_id", "message", ondelete="CASCADE"),
        tenant_fk("conversation_id", "conversation", ondelete="CASCADE"),
        tenant_fk("member_id", "membership", ondelete="CASCADE"),
        sa.UniqueConstraint("tenant_id", "message_id", "member_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mention_member", "mention", ["tenant_id", "member_id", "conversation_id"])
    op.create_index(
        "ix_mention_unseen", "mention", ["tenant_id", "member_id"], **where("seen_at IS NULL")
    )
    op.create_table(
        "task",
        *tenant_key(),
        sa.Column("kind", choice("taskkind_choice", "reply", "todo"), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("deadline", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("channel_id", sa.Integer(), nullable=True),
        sa.Column("conversation_id", sa.Integer(), nullable=True),
        sa.Column("card_id", sa.Integer(), nullable=True),
        sa.Column("agent_id", sa.Integer(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        tenant_fk("contact_id", "contact"),
        tenant_fk("channel_id", "channel"),
        tenant_fk("conversation_id", "conversation", ondelete="CASCADE"),
        tenant_fk("card_id", "card"),
        tenant_fk("agent_id", "membership"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_task_deadline", "task", ["tenant_id", "done_at", "deadline"])
    op.create_index(
        "uq_task_open_reply",
        "task",
        ["tenant_id", "contact_id", "channel_id"],
        unique=True,
        **where("kind = 'reply' AND done_at IS NULL"),
    )
