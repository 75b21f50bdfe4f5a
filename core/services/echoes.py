"""Echoes: what was typed on the phone itself, and our own messages coming back as if it were."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select, update

from core.inbound import InboundMessage, MessageState
from core.models import Attachment, Channel, Message
from core.models.base import now
from core.services import addresses
from core.tenancy.session import TenantSession

# an echo without our id may only be one of a message this recent
FOLDS_WITHIN = timedelta(minutes=10)


def find_echoed(session: TenantSession, channel: Channel, item: InboundMessage) -> Message | None:
    """The message of ours whose call has no answer yet, and whose echo this must be.

    One that is still queued can't be it: nobody has sent it. History is no echo of a moment ago.
    """
    found = addresses.find(session, channel, item.addresses)
    if found is None or item.is_history:
        return None
    return session.scalar(
        select(Message)
        .where(
            Message.channel_id == channel.id,
            Message.contact_id == found.contact.id,
            Message.provider_id.is_(None),
            Message.state.in_((MessageState.SENDING, MessageState.UNKNOWN)),
            Message.body == item.text,
            Message.created_at > now() - FOLDS_WITHIN,
        )
        .order_by(Message.id)
        .limit(1)
    )


def drop_echo_row(session: TenantSession, message: Message, provider_id: str) -> None:
    """Fold away the row of an echo that came before it could be told to be `message`."""
    echo = session.scalar(
        select(Message).where(
            Message.channel_id == message.channel_id,
            Message.provider_id == provider_id,
            Message.id != message.id,
        )
    )
    if echo is None:
        return
    session.execute(
        update(Message).where(Message.reply_to_id == echo.id).values(reply_to_id=message.id)
    )
    session.execute(delete(Attachment).where(Attachment.message_id == echo.id))
    message.reactions = {**echo.reactions, **message.reactions}
    session.delete(echo)
    session.flush()
