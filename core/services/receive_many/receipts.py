"""The receipts of a run: `services.receipts` and `services.states` in memory."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from core.events import MessageSent, MessageStateChanged
from core.inbound import InboundStatus, MessageState
from core.services.receive_many.rows import EarlyRow, MessageRow, known
from core.services.receive_many.run import Run, Unusual
from core.services.states import advance, has_left, may_follow


def take_status(run: Run, item: InboundStatus) -> None:
    """Work one receipt out. Raises Unusual where an echo's row has to be folded away."""
    message = ours(run, item.opaque)
    by_id = run.known.messages.get(item.provider_id) if item.provider_id else None
    if message is not None and message.provider_id is None and item.provider_id:
        if by_id is not None and by_id is not message:
            raise Unusual
    elif message is None or message.provider_id != item.provider_id:
        message = by_id
    if message is not None:
        _apply(run, message, item)
    elif item.provider_id:
        _keep(run, item)
    else:
        run.counts["status of an unknown message"] += 1


def apply_early(run: Run, message: MessageRow) -> None:
    """Apply the receipts that came before this message's provider id was known."""
    for row in run.known.early.pop(message.provider_id or "", ()):
        row.is_spent = True
        if row.id is not None:
            run.changed[row] = None
        item = InboundStatus(
            provider_id=row.provider_id,
            state=row.state,
            at=row.at,
            error_class=row.error.get("class", ""),
            error_code=row.error.get("code", ""),
            error_reason=row.error.get("reason", ""),
        )
        _apply(run, message, item)


def ours(run: Run, opaque: str) -> MessageRow | None:
    """The message of ours that was sent with this opaque value, on this channel."""
    if not opaque:
        return None
    try:
        return run.known.ours.get(UUID(opaque))
    except ValueError:
        return None


def move(run: Run, message: MessageRow, new: MessageState, at: datetime) -> None:
    """Move a message of ours on; pages and plugins hear of it."""
    before = message.state
    if not may_follow(before, new):
        return
    advance(message, new, at)
    run.change(message)
    if message.is_history:
        tell_message(run, message)
        return
    run.events.append(
        lambda: MessageStateChanged(
            message_id=known(message.id),
            conversation_id=message.conversation_id,
            before=before.value,
            after=new.value,
        )
    )
    if has_left(new) and not has_left(before):
        publish_sent(run, message)
    tell_message(run, message)


def publish_sent(run: Run, message: MessageRow) -> None:
    """The event that a message of ours is out."""
    run.events.append(
        lambda: MessageSent(
            message_id=known(message.id),
            conversation_id=message.conversation_id,
            contact_id=message.contact_id,
            channel_id=message.channel_id,
            sender=message.sender.value,
        )
    )


def tell_message(run: Run, message: MessageRow) -> None:
    """Pages hear of each stored message that moved on, and of the last new one of a conversation:
    with that one they fetch those before it."""
    key = message if message.conversation is None else ("message", message.conversation)
    run.told[key] = lambda: (
        "message",
        {"conversation": message.conversation_id, "message": known(message.id)},
    )


def _apply(run: Run, message: MessageRow, item: InboundStatus) -> None:
    if item.provider_id and message.provider_id is None:
        message.provider_id = item.provider_id
        run.known.messages[item.provider_id] = message
        run.change(message)
    if item.state is MessageState.FAILED and may_follow(message.state, MessageState.FAILED):
        message.error_class = item.error_class[:20]
        message.error_code = item.error_code[:40]
        message.error_reason = item.error_reason[:500]
    move(run, message, item.state, item.at)


def _keep(run: Run, item: InboundStatus) -> None:
    rows = run.known.early.setdefault(item.provider_id, [])
    if any(row.state is item.state for row in rows):
        return
    error = {
        "class": item.error_class,
        "code": item.error_code,
        "reason": item.error_reason,
    }
    row = EarlyRow(None, item.provider_id, item.state, item.at, error)
    rows.append(row)
    run.early.append(row)
