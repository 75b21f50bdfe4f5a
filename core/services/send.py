"""Sending begins here: a message row and its job, written in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import select

from core.errors import Refused
from core.inbound import MessageKind, MessageState
from core.jobs.outbox import enqueue
from core.live import tell
from core.models import (
    Attachment,
    AttachmentState,
    Channel,
    Conversation,
    Direction,
    Membership,
    Message,
    Sender,
    Template,
)
from core.models.base import now
from core.services import channels, tasks
from core.services.cards import card_there_is
from core.services.channel_accounts import crowd_of
from core.services.may_send import Obstacle, is_served, obstacle_to
from core.services.preview import touch
from core.services.states import move, move_back_to_queue
from core.services.templates import render
from core.tenancy.session import TenantSession
from core.words import say

MAX_SUBJECT = 200


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
    subject: str = "",
    template: Template | None = None,
    variables: dict[str, str] | None = None,
    upload: Upload | None = None,
    reply_to: Message | None = None,
    author: Membership | None = None,
    sender: Sender = Sender.AGENT,
) -> Message:
    """Queue a message on a conversation; it leaves after the commit.

    On a channel without captions a file goes before its text, as a message of its own.

    Refused, with the field: nothing to send, a text too long for the channel, a closed free-text
    window without a template, a channel that can't send, a customer who opted out of unasked ones.
    """
    channel = conversation.channel
    capabilities = channels.adapter_of(session, channel).capabilities
    if upload is not None and text.strip() and not capabilities.captions:
        # both or neither: whoever refuses the text refuses the file before it, too
        check_length(channel, capabilities.max_text, text.strip())
        send_message(session, conversation, upload=upload, author=author, sender=sender)
        upload = None
    body, provider_template = text.strip(), None
    if template is not None:
        body, provider_template = render(template, variables or {}, channel)
    if not body and upload is None:
        raise Refused(say("Write a message first."), "text")
    check_length(channel, capabilities.max_text, body)
    check_served(session, channel)
    _check_may_send(conversation, provider_template is not None, sender)
    if reply_to is not None and reply_to.conversation_id != conversation.id:
        raise Refused(say("The quoted message belongs to another conversation."), "reply_to")
    kind = MessageKind.TEMPLATE if provider_template else MessageKind.TEXT
    if upload is not None:
        kind = kind_of(upload.mime_type)
        if kind not in capabilities.media:
            raise Refused(
                say(
                    "%(channel)s can't carry %(mime_type)s files.",
                    channel=channel.name,
                    mime_type=upload.mime_type,
                ),
                "upload",
            )
        _check_size(channel, kind, capabilities.max_bytes.get(kind, 0), upload)
    card = card_there_is(session, channel, conversation.contact)
    _take_turn(session, conversation)
    message = Message(
        conversation_id=conversation.id,
        channel_id=channel.id,
        contact_id=conversation.contact_id,
        author_id=author.id if author else None,
        reply_to_id=reply_to.id if reply_to else None,
        card_id=card.id if card else None,
        direction=Direction.OUT,
        sender=sender,
        kind=kind,
        subject=_one_line(subject) if capabilities.threads else "",
        body=body,
        template=provider_template,
        state=MessageState.QUEUED,
    )
    session.add(message)
    session.flush()
    if upload is not None:
        _attach(session, message, upload)
    touch(session, conversation, message)
    if sender in (Sender.AGENT, Sender.API):
        conversation.waiting_since = None
        session.flush()
        tasks.close_reply_task(session, conversation, now())
    enqueue_send(session, message)
    tell(
        session,
        "message",
        conversation=conversation.id,
        channel=conversation.channel_id,
        message=message.id,
    )
    return message


def record_unsent(
    session: TenantSession,
    conversation: Conversation,
    body: str,
    refused: Refused,
    sender: Sender = Sender.AUTOMATION,
) -> Message:
    """Keep on the timeline what nobody was called for, and why (B13, B14).

    A message that is failed from the start: the reason stands beside it, and a person may send it
    again once it can go.
    """
    _take_turn(session, conversation)
    message = Message(
        conversation_id=conversation.id,
        channel_id=conversation.channel_id,
        contact_id=conversation.contact_id,
        direction=Direction.OUT,
        sender=sender,
        kind=MessageKind.TEXT,
        body=body,
        state=MessageState.FAILED,
        error_class="template" if refused.field == "text" else "recipient",
        error_reason=refused.message[:500],
    )
    session.add(message)
    session.flush()
    touch(session, conversation, message)
    tell(
        session,
        "message",
        conversation=conversation.id,
        channel=conversation.channel_id,
        message=message.id,
    )
    return message


def enqueue_send(session: TenantSession, message: Message) -> None:
    """Queue the sending itself, behind what the same conversation sends before it."""
    enqueue(
        session,
        "core.send",
        {"message_id": message.id},
        lane=f"conversation:{message.conversation_id}",
        crowd=crowd_of(message.channel_id),
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
        raise Refused(
            say("Only a failed message, or one whose outcome is unknown, can be sent again.")
        )
    _check_may_send(message.conversation, message.template is not None, message.sender)
    message.error_class = message.error_code = message.error_reason = ""
    message.provider_id = None
    message.uuid = uuid4()
    message.delivered_at = message.read_at = None
    move_back_to_queue(session, message)
    session.flush()
    enqueue_send(session, message)


def confirm(session: TenantSession, message: Message) -> None:
    """A person says *it arrived* of a message whose fate nobody knew: it isn't sent again."""
    session.flush()
    session.refresh(message, with_for_update={"of": Message})
    if message.direction is not Direction.OUT or message.state is not MessageState.UNKNOWN:
        raise Refused(say("Only a message whose outcome is unknown can be said to have arrived."))
    move(session, message, MessageState.ACCEPTED, now())


def _one_line(subject: str) -> str:
    """A subject as it can stand in a header. Refused, field `subject`: too long."""
    subject = " ".join(subject.split())
    if len(subject) > MAX_SUBJECT:
        raise Refused(
            say("Use at most %(most)s characters for the subject.", most=MAX_SUBJECT), "subject"
        )
    return subject


def refusal_of(obstacle: Obstacle) -> Refused:
    """What an obstacle is to whoever writes."""
    return Refused(obstacle.reason, "text" if obstacle.error_class == "template" else None)


def check_length(channel: Channel, most: int, body: str) -> None:
    """Refused, field `text`: longer than the channel takes."""
    if len(body) > most:
        raise Refused(
            say(
                "%(channel)s takes up to %(max_text)s characters; this has %(count)s.",
                channel=channel.name,
                max_text=most,
                count=len(body),
            ),
            "text",
        )


def check_served(session: TenantSession, channel: Channel) -> None:
    """Refused, field `text`: the plugin of the channel's kind is off."""
    if not is_served(session, channel):
        raise Refused(
            say(
                "%(channel)s can't send: its plugin is off. Switch it on under Plugins.",
                channel=channel.name,
            ),
            "text",
        )


def kind_of(mime_type: str) -> MessageKind:
    """What a file is sent as."""
    family = mime_type.split("/", 1)[0]
    return {
        "image": MessageKind.IMAGE,
        "video": MessageKind.VIDEO,
        "audio": MessageKind.AUDIO,
    }.get(family, MessageKind.DOCUMENT)


def _take_turn(session: TenantSession, conversation: Conversation) -> None:
    """Write into a conversation one after another.

    Two who write at once would each draw a message's number first and a job's later: what the
    thread shows first could leave second.
    """
    session.execute(
        select(Conversation.id)
        .where(Conversation.id == conversation.id)
        .with_for_update(key_share=True)
    )


def _check_may_send(conversation: Conversation, is_template: bool, sender: Sender) -> None:
    obstacle = obstacle_to(conversation, is_template, sender)
    if obstacle is not None:
        raise refusal_of(obstacle)


def _check_size(channel: Channel, kind: MessageKind, limit: int, upload: Upload) -> None:
    """Refused, field `upload`: larger than the channel takes of this kind. 0 is no limit."""
    if limit and len(upload.content) > limit:
        raise Refused(
            say(
                "%(channel)s takes up to %(limit)s of this kind; “%(name)s” has %(size)s.",
                channel=channel.name,
                limit=_size(limit),
                name=upload.name,
                size=_size(len(upload.content)),
            ),
            "upload",
        )


def _size(number: int) -> str:
    mib = 1024 * 1024
    return f"{number / mib:.1f} MB" if number >= mib else f"{-(-number // 1024)} KB"


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
