"""Receiving: what a channel's items do to the desk. Runs inside the caller's transaction.

Every item is idempotent: a provider may repeat, reorder and batch as it likes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.events import (
    ChannelReported,
    ContactCreated,
    ContactPushReceived,
    MessageReceived,
    MessageSent,
    publish,
)
from core.inbound import (
    AddressChanged,
    AddressesLinked,
    BadItem,
    ChannelChanged,
    ContactPushed,
    Counted,
    IdentityKind,
    InboundEdit,
    InboundMessage,
    InboundReaction,
    InboundStatus,
    Item,
    MessageState,
)
from core.jobs.outbox import enqueue
from core.live import tell
from core.models import (
    Attachment,
    Channel,
    ChannelFilter,
    Consent,
    Contact,
    Conversation,
    Direction,
    EarlyStatus,
    FieldSource,
    Message,
    Sender,
)
from core.models.base import now
from core.services import addresses, cards, channels, conversations, tasks
from core.services.bad_items import keep_bad_item
from core.services.customers import bring_back
from core.services.profiles import refresh_profile
from core.services.states import apply_status, move
from core.tenancy.session import TenantSession

# a customer's whole message, in the languages our sellers' customers write
OPT_OUT_WORDS = frozenset({"stop", "unsubscribe", "berhenti", "dezabonare", "opreste", "oprește"})

# an echo without our id may only fold into a message this recent
ECHO_FOLDS_WITHIN = timedelta(minutes=10)


def receive(session: TenantSession, channel: Channel, item: Item) -> None:
    """Apply one item of a webhook."""
    _RECEIVERS[type(item)](session, channel, item)


def _message(session: TenantSession, channel: Channel, item: InboundMessage) -> None:
    known = _by_provider_id(session, channel, item.provider_id)
    if known is not None:
        return
    if item.is_echo and _fold_echo(session, channel, item):
        return
    found = addresses.find(session, channel, item.addresses)
    if _is_filtered(channel, item, found):
        channels.count(session, channel, "filtered")
        return
    is_new = found is None
    contact = found.contact if found else _new_contact(session, item)
    identities = addresses.add_missing(session, channel, contact, item.addresses)
    if found and found.identity not in identities:
        identities.append(found.identity)
    if contact.archived_at is not None:
        bring_back(session, contact)
    if not contact.name and item.name:
        contact.name = item.name[:160]
        contact.sources = {**contact.sources, "name": FieldSource.PROVIDER.value}
        refresh_profile(session, contact.customer)
    conversation = conversations.find_or_open(session, channel, identities)
    is_first = conversation.last_inbound_at is None and not conversation.preview
    message = _store(session, channel, conversation, contact, item)
    conversations.touch(session, conversation, message)
    if is_new and not item.is_history:
        publish(session, ContactCreated(contact_id=contact.id, origin="inbound"))
    if item.is_echo:
        _after_echo(session, conversation, message)
        return
    for identity in identities:
        addresses.saw(identity, item.sent_at)
    channel.last_inbound_at = max(channel.last_inbound_at or item.sent_at, item.sent_at)
    if is_first and not item.is_history:
        publish(session, conversations.opened(conversation, is_reopened=False))
    _after_inbound(session, channel, conversation, message)


def _new_contact(session: TenantSession, item: InboundMessage) -> Contact:
    phone = next((a.value for a in item.addresses if a.kind is IdentityKind.PHONE), "")
    email = next((a.value for a in item.addresses if a.kind is IdentityKind.EMAIL), "")
    name = (item.name if not item.is_echo else "")[:160]
    return addresses.create_contact(
        session, name=name, phone=phone, email=email, source=FieldSource.PROVIDER
    )


def _store(
    session: TenantSession,
    channel: Channel,
    conversation: Conversation,
    contact: Contact,
    item: InboundMessage,
) -> Message:
    card = None if item.is_history else cards.card_for(session, channel, contact)
    quoted = _by_provider_id(session, channel, item.reply_to) if item.reply_to else None
    message = Message(
        conversation_id=conversation.id,
        channel_id=channel.id,
        contact_id=conversation.contact_id,
        card_id=card.id if card else None,
        reply_to_id=quoted.id if quoted else None,
        provider_id=item.provider_id,
        direction=Direction.OUT if item.is_echo else Direction.IN,
        sender=Sender.PHONE if item.is_echo else Sender.CUSTOMER,
        kind=item.kind,
        body=item.text,
        state=MessageState.SENT if item.is_echo else MessageState.RECEIVED,
        raw=item.raw or None,
        is_history=item.is_history,
        sent_at=min(item.sent_at, now()),
    )
    session.add(message)
    session.flush()
    if card is not None:
        card.updated_at = now()
    for media in item.media:
        attachment = Attachment(
            message_id=message.id,
            kind=media.kind,
            name=media.filename[:255],
            mime_type=media.mime_type[:120],
            sha256="",
            provider_ref={
                "id": media.provider_id,
                "url": media.url,
                "sha256": media.sha256,
            },
        )
        session.add(attachment)
        session.flush()
        enqueue(session, "core.fetch_media", {"attachment_id": attachment.id}, queue="bulk")
    if item.is_echo:
        apply_early(session, message)
    return message


def _after_inbound(
    session: TenantSession, channel: Channel, conversation: Conversation, message: Message
) -> None:
    conversation.last_inbound_at = max(
        conversation.last_inbound_at or message.sent_at, message.sent_at
    )
    window = channels.adapter_of(session, channel).capabilities.window
    if window is not None:
        # from the provider's own time: a webhook three hours late doesn't extend it
        conversation.window_until = conversation.last_inbound_at + window
    if message.is_history:
        return
    conversation.unread = Conversation.unread + 1
    conversation.waiting_since = conversation.waiting_since or message.created_at
    session.flush()
    conversations.reopen(session, conversation)
    if message.body.strip().casefold() in OPT_OUT_WORDS:
        conversation.contact.consent = Consent.OUT
    tasks.open_reply_task(session, conversation, message)
    publish(
        session,
        MessageReceived(
            message_id=message.id,
            conversation_id=conversation.id,
            contact_id=message.contact_id,
            channel_id=channel.id,
        ),
    )
    tell(session, "message", conversation=conversation.id, message=message.id)


def _after_echo(session: TenantSession, conversation: Conversation, message: Message) -> None:
    tell(session, "message", conversation=conversation.id, message=message.id)
    if message.is_history:
        return
    conversation.waiting_since = None
    session.flush()
    tasks.close_reply_task(session, conversation, message.created_at)
    publish(
        session,
        MessageSent(
            message_id=message.id,
            conversation_id=conversation.id,
            contact_id=message.contact_id,
            channel_id=message.channel_id,
            sender=message.sender.value,
        ),
    )


def _fold_echo(session: TenantSession, channel: Channel, item: InboundMessage) -> bool:
    """An echo of a message that we sent belongs to our row, not to a second one."""
    message = _by_opaque(session, channel, item.opaque)
    if message is None and item.addresses:
        found = addresses.find(session, channel, item.addresses)
        message = session.scalar(
            select(Message)
            .where(
                Message.channel_id == channel.id,
                Message.contact_id == (found.contact.id if found else None),
                Message.provider_id.is_(None),
                Message.state.in_((MessageState.SENDING, MessageState.UNKNOWN)),
                Message.body == item.text,
                Message.created_at > now() - ECHO_FOLDS_WITHIN,
            )
            .order_by(Message.id)
            .limit(1)
        )
    if message is None:
        return False
    message.provider_id = message.provider_id or item.provider_id
    move(session, message, MessageState.SENT, item.sent_at)
    apply_early(session, message)
    return True


def _status(session: TenantSession, channel: Channel, item: InboundStatus) -> None:
    message = _by_provider_id(session, channel, item.provider_id) or _by_opaque(
        session, channel, item.opaque
    )
    if message is not None:
        apply_status(session, message, item)
        return
    _keep_early(session, channel, item)


def _keep_early(session: TenantSession, channel: Channel, item: InboundStatus) -> None:
    known = session.scalar(
        select(EarlyStatus.id).where(
            EarlyStatus.channel_id == channel.id,
            EarlyStatus.provider_id == item.provider_id,
            EarlyStatus.state == item.state.value,
        )
    )
    if known is None:
        session.add(
            EarlyStatus(
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
        )
        session.flush()


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


def _reaction(session: TenantSession, channel: Channel, item: InboundReaction) -> None:
    message = _by_provider_id(session, channel, item.target_id)
    if message is None:
        channels.count(session, channel, "reaction to an unknown message")
        return
    who = "us" if item.is_echo else "customer"
    reactions = {key: value for key, value in message.reactions.items() if key != who}
    if item.emoji:
        reactions[who] = item.emoji[:16]
    message.reactions = reactions
    session.flush()
    tell(session, "message", conversation=message.conversation_id, message=message.id)


def _edit(session: TenantSession, channel: Channel, item: InboundEdit) -> None:
    message = _by_provider_id(session, channel, item.target_id)
    if message is None:
        channels.count(session, channel, "edit of an unknown message")
        return
    if message.edited_at is not None and message.edited_at > item.at:
        return  # a later edit came first
    message.edited_at = item.at
    if item.is_revoked:
        message.is_deleted = True
        message.body = ""
    elif not message.is_deleted:
        message.body = item.text
    session.flush()
    tell(session, "message", conversation=message.conversation_id, message=message.id)


def _address_changed(session: TenantSession, channel: Channel, item: AddressChanged) -> None:
    found = addresses.find(session, channel, (item.old,))
    if found is not None:
        addresses.add_missing(session, channel, found.contact, (item.new,))


def _addresses_linked(session: TenantSession, channel: Channel, item: AddressesLinked) -> None:
    found = addresses.find(session, channel, item.addresses)
    if found is not None:
        addresses.add_missing(session, channel, found.contact, item.addresses)


def _contact_pushed(session: TenantSession, channel: Channel, item: ContactPushed) -> None:
    """Synchronising is `plugins/sync`'s verb: it hears of the entry and decides."""
    publish(
        session,
        ContactPushReceived(
            channel_id=channel.id,
            kind=item.address.kind.value,
            address=item.address.value,
            contact_name=item.name,
            is_removed=item.is_removed,
            at=item.at.isoformat(),
        ),
    )


def _channel_changed(session: TenantSession, channel: Channel, item: ChannelChanged) -> None:
    publish(
        session, ChannelReported(channel_id=channel.id, what=item.what, reason=item.reason[:500])
    )
    if item.is_down:
        channels.break_channel(session, channel, item.reason)


def _counted(session: TenantSession, channel: Channel, item: Counted) -> None:
    channels.count(session, channel, item.what)


def _bad(session: TenantSession, channel: Channel, item: BadItem) -> None:
    if channel.filter is not ChannelFilter.NONE:
        # whose it is can't be known, and of an ignored sender nothing may be kept (D13)
        channels.count(session, channel, "unreadable")
        return
    keep_bad_item(session, channel, item.reason, item.raw)


def _is_filtered(channel: Channel, item: InboundMessage, found: addresses.Found | None) -> bool:
    if channel.filter is ChannelFilter.KNOWN:
        return found is None
    if channel.filter is ChannelFilter.EXCEPT:
        return any(address.value in channel.filter_numbers for address in item.addresses)
    return False


def _by_provider_id(session: TenantSession, channel: Channel, provider_id: str) -> Message | None:
    if not provider_id:
        return None
    return session.scalar(
        select(Message).where(Message.channel_id == channel.id, Message.provider_id == provider_id)
    )


def _by_opaque(session: TenantSession, channel: Channel, opaque: str) -> Message | None:
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


_RECEIVERS: dict[type, Callable[[TenantSession, Channel, Any], None]] = {
    InboundMessage: _message,
    InboundStatus: _status,
    InboundReaction: _reaction,
    InboundEdit: _edit,
    AddressChanged: _address_changed,
    AddressesLinked: _addresses_linked,
    ContactPushed: _contact_pushed,
    ChannelChanged: _channel_changed,
    Counted: _counted,
    BadItem: _bad,
}
