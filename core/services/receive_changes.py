"""What changes a message that is there already: reactions, edits, withdrawals."""

from __future__ import annotations

from core.inbound import InboundEdit, InboundReaction
from core.live import tell
from core.models import Channel
from core.services import channels
from core.services.ignored import is_listed
from core.services.preview import preview_of
from core.services.receipts import by_provider_id
from core.tenancy.session import TenantSession


def receive_reaction(session: TenantSession, channel: Channel, item: InboundReaction) -> None:
    """Show an emoji on its message, or take it back."""
    message = by_provider_id(session, channel, item.target_id)
    if message is None:
        channels.count(session, channel, "reaction to an unknown message")
        return
    if is_listed(channel, item.addresses, message.contact):
        channels.count(session, channel, "filtered")
        return
    who = "us" if item.is_echo else "customer"
    reactions = {key: value for key, value in message.reactions.items() if key != who}
    if item.emoji:
        reactions[who] = item.emoji[:16]
    message.reactions = reactions
    session.flush()
    tell(
        session,
        "message",
        conversation=message.conversation_id,
        channel=message.channel_id,
        message=message.id,
    )


def receive_edit(session: TenantSession, channel: Channel, item: InboundEdit) -> None:
    """Give an earlier message its new text, or withdraw it."""
    message = by_provider_id(session, channel, item.target_id)
    if message is None:
        channels.count(session, channel, "edit of an unknown message")
        return
    if is_listed(channel, (), message.contact) and not item.is_revoked:
        channels.count(session, channel, "filtered")
        return
    if message.is_deleted or (message.edited_at is not None and message.edited_at > item.at):
        return  # a later edit came first
    shown = preview_of(message)
    message.edited_at = item.at
    if item.is_revoked:
        message.is_deleted = True
        message.body, message.raw = "", None
    else:
        message.body = item.text
    conversation = message.conversation
    if conversation.preview == shown:
        conversation.preview = preview_of(message)
        tell(session, "conversation", conversation=conversation.id, channel=conversation.channel_id)
    session.flush()
    tell(
        session,
        "message",
        conversation=message.conversation_id,
        channel=message.channel_id,
        message=message.id,
    )
