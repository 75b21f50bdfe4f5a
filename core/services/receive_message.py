"""What a message does to the desk: the definition of receiving, one statement after another."""

from __future__ import annotations

from typing import Any, Protocol

from core.events import ContactCreated, MessageReceived, publish
from core.inbound import IdentityKind, InboundMessage, Media, MessageKind, MessageState
from core.jobs.outbox import enqueue, enqueue_all
from core.live import tell
from core.models import (
    Attachment,
    Channel,
    Consent,
    Contact,
    Conversation,
    ConversationState,
    Direction,
    FieldSource,
    Message,
    Sender,
)
from core.models.base import now
from core.services import (
    addresses,
    cards,
    channels,
    conversation_of,
    conversations,
    tasks,
)
from core.services.channel_accounts import crowd_of, fetches_names
from core.services.consent import opt_in, opt_out
from core.services.consent_words import says_start, says_stop
from core.services.customers import bring_back
from core.services.echoes import find_echoed
from core.services.ignored import is_ignored
from core.services.names import is_heard_anew, job_for, learn_name, wants_name
from core.services.preview import touch
from core.services.receipts import apply_early, by_opaque, by_provider_id
from core.services.states import move, sent
from core.services.talks import talk_joined
from core.tenancy.session import TenantSession

LONGEST_ID = 190  # what the column takes; SQLite alone would take more
LONGEST_SUBJECT = 200


class HasKind(Protocol):
    """A stored message as far as its kind goes: the mapped class, or a record of it."""

    kind: MessageKind
    is_history: bool


def receive_message(session: TenantSession, channel: Channel, item: InboundMessage) -> None:
    """Store a message once: its contact, conversation, card and task, and who hears of it."""
    if not is_storable(item):
        raise ValueError("A message needs the provider's id and an address.")
    known = by_provider_id(session, channel, item.provider_id)
    if known is not None:
        if completes(known, item):
            _complete(session, known, item)
        return
    if item.is_echo and _fold_echo(session, channel, item):
        return
    found = addresses.find(session, channel, item.addresses)
    if is_ignored(channel, item.addresses, found):
        channels.count(session, channel, "filtered")
        return
    talk = talk_joined(session, channel, item)
    if talk is not None and (found is None or found.contact.id != talk.conversation.contact_id):
        _join(session, channel, talk, item)
        return
    contact = found.contact if found else _new_contact(session, item)
    identities = addresses.add_missing(session, channel, contact, item.addresses)
    if found and found.identity not in identities:
        identities.append(found.identity)
    _learn(session, contact, item)
    conversation = (
        talk.conversation
        if talk
        else conversation_of.find_or_open(
            session,
            channel,
            identities,
            state=ConversationState.CLOSED if item.is_history else ConversationState.OPEN,
            at=item.sent_at if item.is_history else None,
        )
    )
    message = _store(session, channel, conversation, contact, item, talk)
    touch(session, conversation, message)
    if found is None and not item.is_history:
        publish(session, ContactCreated(contact_id=contact.id, origin="inbound"))
    is_asked = found is None or is_heard_anew(conversation, item)
    if is_asked and wants_name(contact) and fetches_names(session, channel):
        enqueue_all(session, [job_for(channel.id, identities[0].id)])
    if item.is_echo:
        _after_echo(session, conversation, message)
        return
    if item.is_automatic:
        _after_automatic(session, channel, conversation, message)
        return
    for identity in identities:
        addresses.saw(identity, message.sent_at)
    if not item.is_history and message.sent_at >= (conversation.last_inbound_at or message.sent_at):
        conversation_of.answer_to(session, conversation, identities[0])
    channel.last_inbound_at = max(channel.last_inbound_at or message.sent_at, message.sent_at)
    _after_inbound(session, channel, conversation, message)


def is_storable(item: InboundMessage) -> bool:
    """Whether a message has what its row needs: an id that fits, and somebody behind it."""
    return 0 < len(item.provider_id) <= LONGEST_ID and bool(item.addresses)


def completes(known: HasKind, item: InboundMessage) -> bool:
    """Whether `item` brings the file of an old message that first came without it."""
    is_bare = known.kind is MessageKind.PLACEHOLDER and known.is_history
    return is_bare and item.is_history and bool(item.media)


def _learn(session: TenantSession, contact: Contact, item: InboundMessage) -> None:
    """What a message tells of its contact: that they are back, and the name they gave themselves.

    A name in an echo may be the owner's.
    """
    if contact.archived_at is not None and not item.is_history:
        bring_back(session, contact)
    if not item.is_echo:
        learn_name(session, contact, item.name)


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
    quoted: Message | None = None,
) -> Message:
    card = None if item.is_history else cards.card_for(session, channel, contact)
    quoted = quoted or by_provider_id(session, channel, item.reply_to)
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
        subject=item.subject[:LONGEST_SUBJECT],
        body=item.text,
        state=MessageState.SENT if item.is_echo else MessageState.RECEIVED,
        raw=item.raw or None,
        is_history=item.is_history,
        is_automatic=item.is_automatic,
        sent_at=min(item.sent_at, now()),
    )
    session.add(message)
    session.flush()
    if card is not None:
        card.updated_at = now()
    _attach(session, message, item)
    if item.is_echo:
        apply_early(session, message)
    return message


def _attach(session: TenantSession, message: Message, item: InboundMessage) -> None:
    for media in item.media:
        attachment = Attachment(message_id=message.id, **attachment_values(media))
        session.add(attachment)
        session.flush()
        enqueue(
            session,
            "core.fetch_media",
            {"attachment_id": attachment.id},
            queue="bulk",
            crowd=crowd_of(message.channel_id),
        )


def _complete(session: TenantSession, message: Message, item: InboundMessage) -> None:
    """The file of an old message that came without it; nothing but the page hears of it."""
    message.kind, message.body, message.raw = item.kind, item.text, item.raw or None
    _attach(session, message, item)
    touch(session, message.conversation, message)
    session.flush()
    tell(
        session,
        "message",
        conversation=message.conversation_id,
        channel=message.channel_id,
        message=message.id,
    )


def attachment_values(media: Media) -> dict[str, Any]:
    """The columns of a file that the provider holds for us."""
    return {
        "kind": media.kind,
        "name": media.filename[:255],
        "mime_type": media.mime_type[:120],
        "sha256": "",
        "provider_ref": {"id": media.provider_id, "url": media.url, "sha256": media.sha256},
    }


def _after_inbound(
    session: TenantSession,
    channel: Channel,
    conversation: Conversation,
    message: Message,
    *,
    is_customers: bool = True,
) -> None:
    """Somebody waits for an answer. The customer's wishes are heard from them alone."""
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
    if is_customers:
        _hear_wish(session, conversation.contact, message.body)
    tasks.open_reply_task(session, conversation, message)
    publish(session, _received(message))
    tell(
        session,
        "message",
        conversation=conversation.id,
        channel=conversation.channel_id,
        message=message.id,
    )


def _join(session: TenantSession, channel: Channel, talk: Message, item: InboundMessage) -> None:
    """Somebody else who takes part in a talk writes in it: it stays its customer's.

    Their address becomes nobody's, and answers go where they went.
    """
    conversation = talk.conversation
    message = _store(session, channel, conversation, conversation.contact, item, talk)
    touch(session, conversation, message)
    channel.last_inbound_at = max(channel.last_inbound_at or message.sent_at, message.sent_at)
    if item.is_automatic:
        _after_automatic(session, channel, conversation, message)
    else:
        _after_inbound(session, channel, conversation, message, is_customers=False)


def _after_automatic(
    session: TenantSession, channel: Channel, conversation: Conversation, message: Message
) -> None:
    """A machine wrote: people may read it, and nobody waits. It opens nothing and asks nothing."""
    channel.last_inbound_at = max(channel.last_inbound_at or message.sent_at, message.sent_at)
    if message.is_history:
        return
    conversation.unread = Conversation.unread + 1
    session.flush()
    publish(session, _received(message))
    tell(
        session,
        "message",
        conversation=conversation.id,
        channel=conversation.channel_id,
        message=message.id,
    )


def _received(message: Message) -> MessageReceived:
    return MessageReceived(
        message_id=message.id,
        conversation_id=message.conversation_id,
        contact_id=message.contact_id,
        channel_id=message.channel_id,
        is_automatic=message.is_automatic,
    )


def _hear_wish(session: TenantSession, contact: Contact, text: str) -> None:
    """A whole message that says stop, or takes that back. It is the contact's own wish alone."""
    if says_stop(session, text):
        opt_out(session, contact, by="keyword")
    elif contact.consent is Consent.OUT and says_start(session, text):
        opt_in(session, contact, by="keyword")


def _after_echo(session: TenantSession, conversation: Conversation, message: Message) -> None:
    tell(
        session,
        "message",
        conversation=conversation.id,
        channel=conversation.channel_id,
        message=message.id,
    )
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
