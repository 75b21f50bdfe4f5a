"""Receiving: what a channel's items do to the desk. Runs inside the caller's transaction.

Every item is idempotent: a provider may repeat, reorder and batch as it likes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.events import (
    ChannelReported,
    ContactCreated,
    ContactPushReceived,
    MessageReceived,
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
    Contact,
    Conversation,
    ConversationState,
    Direction,
    FieldSource,
    Message,
    Sender,
)
from core.models.base import now
from core.services import addresses, cards, channels, conversation_of, conversations, tasks
from core.services.bad_items import keep_bad_item
from core.services.customers import bring_back, opt_out
from core.services.echoes import find_echoed
from core.services.ignored import is_ignored, is_listed
from core.services.preview import preview_of, touch
from core.services.profiles import refresh_profile
from core.services.receipts import apply_early, by_opaque, by_provider_id, receive_status
from core.services.states import move, sent
from core.tenancy.session import TenantSession

# a customer's whole message, in the languages our sellers' customers write
OPT_OUT_WORDS = frozenset({"stop", "unsubscribe", "berhenti", "dezabonare", "opreste", "oprește"})

LONGEST_ID = 190  # what the column takes; SQLite alone would take more


def receive(session: TenantSession, channel: Channel, item: Item) -> None:
    """Apply one item of a webhook."""
    _RECEIVERS[type(item)](session, channel, item)


def _message(session: TenantSession, channel: Channel, item: InboundMessage) -> None:
    if not 0 < len(item.provider_id) <= LONGEST_ID or not item.addresses:
        raise ValueError("A message needs the provider's id and an address.")
    if by_provider_id(session, channel, item.provider_id) is not None:
        return
    if item.is_echo and _fold_echo(session, channel, item):
        return
    found = addresses.find(session, channel, item.addresses)
    if is_ignored(channel, item.addresses, found):
        channels.count(session, channel, "filtered")
        return
    contact = found.contact if found else _new_contact(session, item)
    identities = addresses.add_missing(session, channel, contact, item.addresses)
    if found and found.identity not in identities:
        identities.append(found.identity)
    _learn(session, contact, item)
    conversation = conversation_of.find_or_open(
        session,
        channel,
        identities,
        state=ConversationState.CLOSED if item.is_history else ConversationState.OPEN,
        at=item.sent_at if item.is_history else None,
    )
    message = _store(session, channel, conversation, contact, item)
    touch(session, conversation, message)
    if found is None and not item.is_history:
        publish(session, ContactCreated(contact_id=contact.id, origin="inbound"))
    if item.is_echo:
        _after_echo(session, conversation, message)
        return
    for identity in identities:
        addresses.saw(identity, message.sent_at)
    if not item.is_history and message.sent_at >= (conversation.last_inbound_at or message.sent_at):
        conversation_of.answer_to(session, conversation, identities[0])
    channel.last_inbound_at = max(channel.last_inbound_at or message.sent_at, message.sent_at)
    _after_inbound(session, channel, conversation, message)


def _learn(session: TenantSession, contact: Contact, item: InboundMessage) -> None:
    """What a message tells of its contact: that they are back, and the name they gave themselves.

    A name in an echo may be the owner's; one that a person took away stays away.
    """
    if contact.archived_at is not None and not item.is_history:
        bring_back(session, contact)
    is_kept_blank = contact.sources.get("name") == FieldSource.PERSON.value
    if item.name and not contact.name and not item.is_echo and not is_kept_blank:
        contact.name = item.name[:160]
        contact.sources = {**contact.sources, "name": FieldSource.PROVIDER.value}
        refresh_profile(session, contact.customer)


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
    quoted = by_provider_id(session, channel, item.reply_to)
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
    is_first = conversation.last_inbound_at is None
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
    if is_first and conversation.state is ConversationState.OPEN:
        publish(session, conversations.opened(conversation, is_reopened=False))
    conversations.reopen(session, conversation)
    if message.body.strip(" .!").casefold() in OPT_OUT_WORDS:
        opt_out(session, conversation.contact)
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
    if conversation.last_inbound_at is None or message.sent_at >= conversation.last_inbound_at:
        # one typed before the customer's last message, and told later, is no answer to it
        conversation.waiting_since = None
        session.flush()
        tasks.close_reply_task(session, conversation, message.created_at)
    publish(session, sent(message))


def _fold_echo(session: TenantSession, channel: Channel, item: InboundMessage) -> bool:
    """An echo of a message that we sent belongs to our row, not to a second one."""
    message = by_opaque(session, channel, item.opaque) or find_echoed(session, channel, item)
    if message is None or message.provider_id not in (None, item.provider_id):
        return False
    message.provider_id = item.provider_id
    move(session, message, MessageState.SENT, item.sent_at)
    apply_early(session, message)
    return True


def _reaction(session: TenantSession, channel: Channel, item: InboundReaction) -> None:
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
    tell(session, "message", conversation=message.conversation_id, message=message.id)


def _edit(session: TenantSession, channel: Channel, item: InboundEdit) -> None:
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
        tell(session, "conversation", conversation=conversation.id)
    session.flush()
    tell(session, "message", conversation=message.conversation_id, message=message.id)


def _address_changed(session: TenantSession, channel: Channel, item: AddressChanged) -> None:
    """The new address joins the contact, and its conversation goes on there."""
    found = addresses.find(session, channel, (item.old,))
    if found is None:
        return
    conversation = conversation_of.of(session, channel, found.identity)
    linked = addresses.add_missing(session, channel, found.contact, (item.new,))
    if conversation is not None and linked:
        conversation_of.answer_to(session, conversation, linked[0])


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


def receive_bad(session: TenantSession, channel: Channel, item: BadItem) -> None:
    """Keep what could not be read, or where the channel ignores anybody, count it."""
    if channel.filter is not ChannelFilter.NONE:
        # whose it is can't be known, and of an ignored sender nothing may be kept (D13)
        channels.count(session, channel, "unreadable")
        return
    keep_bad_item(session, channel, item.reason, item.raw)


_RECEIVERS: dict[type, Callable[[TenantSession, Channel, Any], None]] = {
    InboundMessage: _message,
    InboundStatus: receive_status,
    InboundReaction: _reaction,
    InboundEdit: _edit,
    AddressChanged: _address_changed,
    AddressesLinked: _addresses_linked,
    ContactPushed: _contact_pushed,
    ChannelChanged: _channel_changed,
    Counted: _counted,
    BadItem: receive_bad,
}
