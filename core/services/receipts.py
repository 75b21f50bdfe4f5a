"""Receipts: which message of ours one is for, and what to do with one that comes too early."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from core.inbound import InboundStatus, MessageState
from core.jobs.outbox import enqueue
from core.models import Channel, Direction, EarlyStatus, Message
from core.models.base import now
from core.services import channels
from core.services.echoes import drop_echo_row
from core.services.states import apply_status
from core.tenancy.session import TenantSession

LOOK_AGAIN = timedelta(seconds=10)
KEPT_FOR = timedelta(days=8)  # providers repeat for seven


def receive_status(session: TenantSession, channel: Channel, item: InboundStatus) -> None:
    """Apply a receipt; keep it where its message isn't known by that id yet."""
    message = by_opaque(session, channel, item.opaque)
    if message is not None and message.provider_id is None and item.provider_id:
        drop_echo_row(session, message, item.provider_id)
    elif message is None or message.provider_id != item.provider_id:
        message = by_provider_id(session, channel, item.provider_id)
    if message is not None:
        apply_status(session, message, item)
    elif item.provider_id:
        _keep(session, channel, item)
    else:
        channels.count(session, channel, "status of an unknown message")


def apply_early(session: TenantSession, message: Message) -> None:
    """Apply the receipts that came before we knew this message's provider id."""
    early = session.scalars(
        select(EarlyStatus)
        .where(
            EarlyStatus.channel_id == message.channel_id,
            EarlyStatus.provider_id == message.provider_id,
        )
        .order_by(EarlyStatus.id)
    ).all()
    for row in early:
        apply_status(
            session,
            message,
            InboundStatus(
                provider_id=row.provider_id,
                state=MessageState(row.state),
                at=row.at,
                error_class=row.error.get("class", ""),
                error_code=row.error.get("code", ""),
                error_reason=row.error.get("reason", ""),
            ),
        )
        session.delete(row)
    session.flush()


def look_again(session: TenantSession, payload: dict[str, Any]) -> None:
    """The job that follows an early receipt.

    On PostgreSQL a receipt and the send's answer may be written at the same moment, neither seeing
    the other. What belongs to no message of ours goes after a week.
    """
    row = session.get(EarlyStatus, payload["early_id"])
    if row is None:
        return
    channel = session.get_one(Channel, row.channel_id)
    message = by_provider_id(session, channel, row.provider_id)
    if message is not None:
        apply_early(session, message)
    session.execute(
        delete(EarlyStatus).where(
            EarlyStatus.channel_id == channel.id, EarlyStatus.created_at < now() - KEPT_FOR
        )
    )


def by_provider_id(session: TenantSession, channel: Channel, provider_id: str) -> Message | None:
    """The message that the provider calls so, on this channel."""
    if not provider_id:
        return None
    return session.scalar(
        select(Message).where(Message.channel_id == channel.id, Message.provider_id == provider_id)
    )


def by_opaque(session: TenantSession, channel: Channel, opaque: str) -> Message | None:
    """The message of ours that was sent with this opaque value, on this channel."""
    try:
        uuid = UUID(opaque)
    except ValueError:
        return None
    return session.scalar(
        select(Message).where(
            Message.channel_id == channel.id,
            Message.uuid == uuid,
            Message.direction == Direction.OUT,
        )
    )


def _keep(session: TenantSession, channel: Channel, item: InboundStatus) -> None:
    known = session.scalar(
        select(EarlyStatus.id).where(
            EarlyStatus.channel_id == channel.id,
            EarlyStatus.provider_id == item.provider_id,
            EarlyStatus.state == item.state.value,
        )
    )
    if known is not None:
        return
    row = EarlyStatus(
        channel_id=channel.id,
        provider_id=item.provider_id,
        state=item.state.value,
        at=item.at,
        error={
            "class": item.error_class,
            "code": item.error_code,
            "reason": item.error_reason,
        },
    )
    session.add(row)
    session.flush()
    enqueue(session, "core.look_again", {"early_id": row.id}, due_at=now() + LOOK_AGAIN)
