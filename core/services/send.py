"""Sending: a message row and a job in one transaction, then the provider, then its answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import object_session

from core.adapter import Accepted, Account, Adapter, OutboundMessage, OutboundTemplate
from core.errors import Refused
from core.inbound import Address, Media, MessageKind, MessageState
from core.jobs.outbox import enqueue
from core.jobs.spec import RetryAt
from core.live import tell
from core.models import (
    Attachment,
    AttachmentState,
    Channel,
    ChannelState,
    Consent,
    Contact,
    Conversation,
    Direction,
    Membership,
    Message,
    Sender,
    Template,
)
from core.models.base import now
from core.outbound import OutboundClient, OutcomeUnknown, SendFailed
from core.services import channels, conversations, tasks
from core.services.addresses import is_erased
from core.services.echoes import drop_echo_row
from core.services.receipts import apply_early
from core.services.states import fail, move, move_back_to_queue
from core.services.templates import render
from core.tenancy.session import TenantSession


@dataclass(frozen=True)
class Upload:
    """A file that a person attached."""

    name: str
    mime_type: str
    content: bytes


def send_message(
    session: TenantSession,
    conversation: Conversation,
    *,
    text: str = "",
    template: Template | None = None,
    variables: dict[str, str] | None = None,
    upload: Upload | None = None,
    reply_to: Message | None = None,
    author: Membership | None = None,
    sender: Sender = Sender.AGENT,
) -> Message:
    """Queue a message on a conversation; it leaves after the commit.

    Refused, with the field: nothing to send, a text too long for the channel, a closed free-text
    window without a template, a channel that can't send, a customer who opted out of unasked ones.
    """
    channel = conversation.channel
    capabilities = channels.adapter_of(session, channel).capabilities
    body, provider_template = text.strip(), None
    if template is not None:
        body, provider_template = render(template, variables or {}, channel)
    if not body and upload is None:
        raise Refused("Write a message first.", "text")
    if len(body) > capabilities.max_text:
        raise Refused(
            f"{channel.name} takes up to {capabilities.max_text} characters; this has {len(body)}.",
            "text",
        )
    if not is_served(session, channel):
        raise Refused(
            f"{channel.name} can't send: its plugin is off. Switch it on under Plugins.", "text"
        )
    _check_may_send(conversation, provider_template is not None, sender)
    if reply_to is not None and reply_to.conversation_id != conversation.id:
        raise Refused("The quoted message belongs to another conversation.", "reply_to")
    kind = MessageKind.TEMPLATE if provider_template else MessageKind.TEXT
    if upload is not None:
        kind = kind_of(upload.mime_type)
        if kind not in capabilities.media:
            raise Refused(f"{channel.name} can't carry {upload.mime_type} files.", "upload")
    message = Message(
        conversation_id=conversation.id,
        channel_id=channel.id,
        contact_id=conversation.contact_id,
        author_id=author.id if author else None,
        reply_to_id=reply_to.id if reply_to else None,
        card_id=_last_card(session, conversation),
        direction=Direction.OUT,
        sender=sender,
        kind=kind,
        body=body,
        template=provider_template,
        state=MessageState.QUEUED,
    )
    session.add(message)
    session.flush()
    if upload is not None:
        _attach(session, message, upload)
    conversations.touch(session, conversation, message)
    if sender in (Sender.AGENT, Sender.API):
        conversation.waiting_since = None
        session.flush()
        tasks.close_reply_task(session, conversation, now())
    enqueue_send(session, message)
    tell(session, "message", conversation=conversation.id, message=message.id)
    return message


def enqueue_send(session: TenantSession, message: Message) -> None:
    """Queue the sending itself, behind what the same conversation sends before it."""
    enqueue(
        session,
        "core.send",
        {"message_id": message.id},
        lane=f"conversation:{message.conversation_id}",
    )


def retry(session: TenantSession, message: Message) -> None:
    """A person says *send it again* of a message that failed, or whose fate nobody knows.

    It gets a new uuid, which is what the provider echoes: late receipts of the first attempt must
    not end the second.
    """
    session.flush()
    session.refresh(message, with_for_update={"of": Message})
    if message.direction is not Direction.OUT or message.state not in (
        MessageState.FAILED,
        MessageState.UNKNOWN,
    ):
        raise Refused("Only a failed message, or one whose outcome is unknown, can be sent again.")
    _check_may_send(message.conversation, message.template is not None, message.sender)
    message.error_class = message.error_code = message.error_reason = ""
    message.provider_id = None
    message.uuid = uuid4()
    message.delivered_at = message.read_at = None
    move_back_to_queue(session, message)
    session.flush()
    enqueue_send(session, message)


def kind_of(mime_type: str) -> MessageKind:
    """What a file is sent as."""
    family = mime_type.split("/", 1)[0]
    return {
        "image": MessageKind.IMAGE,
        "video": MessageKind.VIDEO,
        "audio": MessageKind.AUDIO,
    }.get(family, MessageKind.DOCUMENT)


def is_served(session: TenantSession, channel: Channel) -> bool:
    """Whether the plugin of the channel's kind is there and on."""
    plugin = session.desk.host.owner_of_kind(channel.kind)
    return plugin is not None and plugin in session.desk.host.switches.enabled(session)


def _check_may_send(conversation: Conversation, is_template: bool, sender: Sender) -> None:
    obstacle = _obstacle(conversation, is_template, sender)
    if obstacle is not None:
        raise Refused(obstacle.reason, "text" if obstacle.error_class == "template" else None)


@dataclass(frozen=True)
class Obstacle:
    """Why a message can't go out, before anybody is called."""

    error_class: str
    reason: str


def _obstacle(conversation: Conversation, is_template: bool, sender: Sender) -> Obstacle | None:
    channel, contact = conversation.channel, conversation.contact
    if channel.archived_at is not None:
        return Obstacle("channel", f"{channel.name} is archived: it can't send any more.")
    if is_erased(conversation.identity):
        return Obstacle("recipient", "This customer was erased: there is no address to write to.")
    if sender is Sender.AUTOMATION and has_opted_out(contact):
        return Obstacle("recipient", f"{contact} asked not to be written to.")
    if not is_template and not is_window_open(conversation):
        return Obstacle(
            "template",
            "More than 24 hours have passed since the customer last wrote: "
            f"{channel.name} only takes an approved template now. Choose one.",
        )
    return None


def has_opted_out(contact: Contact) -> bool:
    """Whether the person asked not to be written to, over whichever of their contacts."""
    return any(member.consent is Consent.OUT for member in (contact, *contact.customer.contacts))


def is_window_open(conversation: Conversation, at: datetime | None = None) -> bool:
    """Whether free text may be sent: always, on a channel without a window."""
    if window_of(conversation) is None:
        return True
    until = conversation.window_until
    return until is not None and (at or now()) < until


def window_of(conversation: Conversation) -> timedelta | None:
    """The free-text window of the conversation's channel, or None."""
    session = object_session(conversation)
    assert isinstance(session, TenantSession)  # noqa: S101 - a loaded row has its session
    return channels.adapter_of(session, conversation.channel).capabilities.window


def _last_card(session: TenantSession, conversation: Conversation) -> int | None:
    return session.scalar(
        select(Message.card_id)
        .where(Message.conversation_id == conversation.id, Message.card_id.is_not(None))
        .order_by(Message.id.desc())
        .limit(1)
    )


def _attach(session: TenantSession, message: Message, upload: Upload) -> None:
    session.add(
        Attachment(
            message_id=message.id,
            kind=message.kind,
            name=upload.name[:255],
            mime_type=upload.mime_type[:120],
            size=len(upload.content),
            sha256=session.desk.media.put(session.tenant_id, upload.content),
            state=AttachmentState.STORED,
        )
    )
    session.flush()


@dataclass(frozen=True)
class Claimed:
    """All that the provider call needs, taken out of the database."""

    adapter: Adapter
    account: Account
    message: OutboundMessage
    http: OutboundClient


class SendCall:
    """The provider call behind every outgoing message: fenced on both sides.

    An attempt that finds `sending` never calls: somebody died in the middle of a call, so whether
    the provider has the message is unknown until a receipt or an echo tells.
    """

    timeout = 60.0

    def claim(self, session: TenantSession, payload: dict[str, Any]) -> Claimed | None:
        message = session.get(Message, payload["message_id"], with_for_update=True)
        if message is None:
            return None
        if message.state is MessageState.SENDING:
            message.error_reason = "Interrupted while sending: whether it arrived is not known."
            move(session, message, MessageState.UNKNOWN, now())
            return None
        if message.state is not MessageState.QUEUED:
            return None
        channel = message.channel
        if channel.state in (ChannelState.PAUSED, ChannelState.BROKEN):
            return None  # stays queued; `channels.resume` sends it
        obstacle = _obstacle(message.conversation, message.template is not None, message.sender)
        if obstacle is not None:
            fail(session, message, obstacle.error_class, "", obstacle.reason)
            return None
        move(session, message, MessageState.SENDING, now())
        return Claimed(
            adapter=channels.adapter_of(session, channel),
            account=channels.account_of(session, channel),
            message=_outbound(session, message),
            http=session.desk.outbound,
        )

    def call(self, claimed: Claimed) -> Accepted:
        return claimed.adapter.send(claimed.account, claimed.message, claimed.http)

    def complete(
        self, session: TenantSession, payload: dict[str, Any], claimed: Claimed, result: Accepted
    ) -> None:
        message = session.get(Message, payload["message_id"], with_for_update=True)
        if message is None:
            return
        try:
            with session.begin_nested():
                _name(session, message, result.provider_id)
        except IntegrityError:
            _name(session, message, result.provider_id)  # its echo was written at this moment
        move(session, message, MessageState.ACCEPTED, now())
        apply_early(session, message)

    def fail(
        self, session: TenantSession, payload: dict[str, Any], claimed: Claimed, error: Exception
    ) -> RetryAt | None:
        """Record why; RetryAt where the provider said *not now*, None when it is final."""
        message = session.get(Message, payload["message_id"], with_for_update=True)
        if message is None:
            return None
        if message.state is not MessageState.SENDING:
            return None  # a receipt was faster than the answer, and knows better
        if isinstance(error, OutcomeUnknown):
            message.error_code = error.code[:40]
            message.error_reason = f"{error.reason} Whether it arrived is not known."[:500]
            move(session, message, MessageState.UNKNOWN, now())
            return None
        if not isinstance(error, SendFailed):
            # a fault in the adapter, maybe while it read a good answer: the customer may have it
            message.error_code = type(error).__name__[:40]
            message.error_reason = "The adapter failed. Whether it arrived is not known."
            move(session, message, MessageState.UNKNOWN, now())
            return None
        if error.error_class == "retry":
            message.error_class, message.error_code = error.error_class, error.code[:40]
            message.error_reason = error.reason[:500]
            move_back_to_queue(session, message)
            return RetryAt(after(error.retry_after), error.reason)
        fail(session, message, error.error_class, error.code, error.reason)
        if error.error_class == "channel":
            channels.break_channel(session, message.channel, error.reason)
        return None


def give_up(session: TenantSession, payload: dict[str, Any], reason: str) -> None:
    """The last attempt is used up: the message fails, and a person may send it again."""
    message = session.get(Message, payload["message_id"], with_for_update=True)
    if message is None or message.state is not MessageState.QUEUED:
        return
    why = message.error_reason or "It could not be sent, however often it was tried."
    fail(session, message, message.error_class or "retry", message.error_code, why)


def end_as_stale(session: TenantSession, payload: dict[str, Any], reason: str) -> None:
    """The channel's plugin was off for too long: not sent, rather than sent months late."""
    message = session.get(Message, payload["message_id"], with_for_update=True)
    if message is None:
        return
    if message.state is MessageState.SENDING:
        move(session, message, MessageState.UNKNOWN, now())
    elif message.state is MessageState.QUEUED:
        fail(session, message, "channel", "plugin_off", f"{reason[:1].upper()}{reason[1:]}.")


def plugin_of(session: TenantSession, payload: dict[str, Any]) -> str | None:
    """The plugin that a send needs: that of its channel's kind."""
    message = session.get(Message, payload["message_id"])
    if message is None:
        return "core"  # nothing to send: let the job end
    return session.desk.host.owner_of_kind(message.channel.kind)


def after(seconds: float | None) -> datetime | None:
    """The time that a provider asked us to wait for; None leaves it to our own back-off."""
    return now() + timedelta(seconds=seconds) if seconds else None


def _name(session: TenantSession, message: Message, provider_id: str) -> None:
    drop_echo_row(session, message, provider_id)
    message.provider_id = provider_id
    session.flush()


def _outbound(session: TenantSession, message: Message) -> OutboundMessage:
    attachment = next(iter(message.attachments), None)
    identity = message.conversation.identity
    quoted = message.reply_to
    template = message.template
    return OutboundMessage(
        to=Address(identity.kind, identity.address),
        opaque=str(message.uuid),
        kind=message.kind,
        text=message.body,
        reply_to=(quoted.provider_id or "") if quoted else "",
        template=OutboundTemplate(
            template["name"], template["language"], tuple(template["variables"])
        )
        if template
        else None,
        media=Media(attachment.kind, mime_type=attachment.mime_type, filename=attachment.name)
        if attachment
        else None,
        media_bytes=session.desk.media.get(session.tenant_id, attachment.sha256)
        if attachment
        else b"",
        media_name=attachment.name if attachment else "",
    )
