"""Sending: a message row and a job in one transaction, then the provider, then its answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import object_session

from core.adapter import Accepted, Account, Adapter, OutboundMessage, OutboundTemplate
from core.errors import Refused
from core.events import MessageSent, publish
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
    Conversation,
    Direction,
    Identity,
    Membership,
    Message,
    Sender,
    Template,
)
from core.models.base import now
from core.outbound import OutboundClient, OutcomeUnknown, SendFailed
from core.services import channels, conversations, tasks
from core.services.receive import apply_early
from core.services.states import move, move_back_to_queue
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
    _check_may_send(conversation, provider_template is not None, sender)
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
    """A person says *send it again* of a message that failed, or whose fate nobody knows."""
    if message.direction is not Direction.OUT or message.state not in (
        MessageState.FAILED,
        MessageState.UNKNOWN,
    ):
        raise Refused("Only a failed message, or one whose outcome is unknown, can be sent again.")
    _check_may_send(message.conversation, message.template is not None, message.sender)
    message.error_class = message.error_code = message.error_reason = ""
    message.provider_id = None
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


def _check_may_send(conversation: Conversation, is_template: bool, sender: Sender) -> None:
    if conversation.channel.archived_at is not None:
        raise Refused(f"{conversation.channel.name} is archived: it can't send any more.")
    if conversation.contact.consent is Consent.OUT and sender is Sender.AUTOMATION:
        raise Refused(f"{conversation.contact} asked not to be written to.")
    if not is_template and not is_window_open(conversation):
        raise Refused(
            "More than 24 hours have passed since the customer last wrote: "
            f"{conversation.channel.name} only takes an approved template now. Choose one.",
            "text",
        )


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
        refusal = self._refusal(session, message)
        if refusal:
            _fail(session, message, "template", "", refusal)
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
        _drop_echo_row(session, message, result.provider_id)
        message.provider_id = result.provider_id
        move(session, message, MessageState.ACCEPTED, now())
        session.flush()
        apply_early(session, message)
        publish(
            session,
            MessageSent(
                message_id=message.id,
                conversation_id=message.conversation_id,
                contact_id=message.contact_id,
                channel_id=message.channel_id,
                sender=message.sender.value,
            ),
        )

    def fail(
        self, session: TenantSession, payload: dict[str, Any], claimed: Claimed, error: Exception
    ) -> RetryAt | None:
        """Record why; RetryAt where the provider said *not now*, None when it is final."""
        message = session.get(Message, payload["message_id"], with_for_update=True)
        if message is None:
            return None
        if isinstance(error, OutcomeUnknown):
            message.error_reason = f"{error} Whether it arrived is not known."[:500]
            move(session, message, MessageState.UNKNOWN, now())
            return None
        if not isinstance(error, SendFailed):
            # a fault in the adapter, maybe while it read a good answer: the customer may have it
            message.error_code = type(error).__name__[:40]
            message.error_reason = "The adapter failed. Whether it arrived is not known."
            move(session, message, MessageState.UNKNOWN, now())
            return None
        if error.error_class == "retry":
            message.error_reason = error.reason[:500]
            move_back_to_queue(session, message)
            return RetryAt(after(error.retry_after), error.reason)
        _fail(session, message, error.error_class, error.code, error.reason)
        if error.error_class == "channel":
            channels.break_channel(session, message.channel, error.reason)
        return None

    def give_up(self, session: TenantSession, payload: dict[str, Any]) -> None:
        """The last attempt is used up."""
        message = session.get(Message, payload["message_id"], with_for_update=True)
        if message is not None:
            reason = message.error_reason or "The provider kept refusing for too long."
            _fail(session, message, "retry", "", reason)

    def _refusal(self, session: TenantSession, message: Message) -> str:
        try:
            _check_may_send(message.conversation, message.template is not None, message.sender)
        except Refused as refused:
            return refused.message
        return ""


def after(seconds: float | None) -> datetime | None:
    """The time that a provider asked us to wait for; None leaves it to our own back-off."""
    return now() + timedelta(seconds=seconds) if seconds else None


def _fail(
    session: TenantSession, message: Message, error_class: str, code: str, reason: str
) -> None:
    message.error_class = error_class
    message.error_code = code[:40]
    message.error_reason = reason[:500]
    move(session, message, MessageState.FAILED, now())


def _drop_echo_row(session: TenantSession, message: Message, provider_id: str) -> None:
    """An echo that came before this answer, and could not be told to be ours, made a second row."""
    echo = session.scalar(
        select(Message).where(
            Message.channel_id == message.channel_id,
            Message.provider_id == provider_id,
            Message.id != message.id,
        )
    )
    if echo is not None:
        session.delete(echo)
        session.flush()


def _outbound(session: TenantSession, message: Message) -> OutboundMessage:
    attachment = next(iter(message.attachments), None)
    quoted = message.reply_to
    template = message.template
    return OutboundMessage(
        to=_address_to_answer(session, message.conversation),
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


def _address_to_answer(session: TenantSession, conversation: Conversation) -> Address:
    """The address last seen inbound among those that this channel speaks."""
    channel: Channel = conversation.channel
    kinds = channels.adapter_of(session, channel).capabilities.identity_kinds
    own: Identity = conversation.identity
    candidates = [
        identity
        for identity in conversation.contact.identities
        if identity.kind in kinds
        and identity.scope in (0, channel.id)
        and identity.last_inbound_at is not None
        and own.last_inbound_at is not None
        and identity.last_inbound_at > own.last_inbound_at
    ]
    best = max(candidates, key=lambda identity: identity.last_inbound_at or now(), default=own)
    return Address(best.kind, best.address)
