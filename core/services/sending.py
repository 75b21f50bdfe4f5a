"""The provider call behind every outgoing message, and how it may end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.adapter import Accepted, Account, Adapter, Earlier, OutboundMessage, OutboundTemplate
from core.inbound import Address, Media, MessageState
from core.jobs.spec import RetryAt, after
from core.listed_templates import TemplateSlot
from core.models import Channel, Direction, Message, Sender
from core.models.base import now
from core.outbound import OutboundClient, OutcomeUnknown, SendFailed
from core.services import channels
from core.services.consent import PROVIDER, opt_out
from core.services.echoes import drop_echo_row
from core.services.may_send import is_window_open, obstacle_to
from core.services.receipts import apply_early
from core.services.states import fail, move, move_back_to_queue
from core.tenancy.session import TenantSession
from core.words import say

MOST_EARLIER = 20
AUTOMATIC = frozenset({Sender.AUTOMATION, Sender.BOT, Sender.BROADCAST})


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
            message.error_reason = say(
                "Interrupted while sending: whether it arrived is not known."
            )
            move(session, message, MessageState.UNKNOWN, now())
            return None
        if message.state is not MessageState.QUEUED:
            return None
        channel = message.channel
        if channels.is_held(session, channel):
            return None  # stays queued; `channels.resume` sends it
        obstacle = obstacle_to(message.conversation, message.template is not None, message.sender)
        if obstacle is not None:
            fail(session, message, obstacle.error_class, "", obstacle.reason)
            return None
        move(session, message, MessageState.SENDING, now())
        message.sent_at = now()  # one that waited was not said before: a watermark goes by this
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
        if result.at is not None:
            message.sent_at = result.at
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
            message.error_reason = say(
                "%(reason)s Whether it arrived is not known.", reason=error.reason
            )[:500]
            move(session, message, MessageState.UNKNOWN, now())
            return None
        if not isinstance(error, SendFailed):
            # a fault in the adapter, maybe while it read a good answer: the customer may have it
            message.error_code = type(error).__name__[:40]
            message.error_reason = say("The adapter failed. Whether it arrived is not known.")
            move(session, message, MessageState.UNKNOWN, now())
            return None
        if error.error_class == "retry":
            message.error_class, message.error_code = error.error_class, error.code[:40]
            message.error_reason = error.reason[:500]
            move_back_to_queue(session, message)
            return RetryAt(after(error.retry_after), error.reason)
        fail(session, message, error.error_class, error.code, error.reason)
        if error.is_opt_out:
            opt_out(session, message.contact, by=PROVIDER)
        if error.error_class == "channel":
            channels.break_channel(session, message.channel, error.reason)
        return None


def give_up(session: TenantSession, payload: dict[str, Any], reason: str) -> None:
    """The last attempt is used up: the message fails, and a person may send it again."""
    message = session.get(Message, payload["message_id"], with_for_update=True)
    if message is None or message.state is not MessageState.QUEUED:
        return
    why = message.error_reason or say("It could not be sent, however often it was tried.")
    fail(session, message, message.error_class or "retry", message.error_code, why)


def end_as_stale(session: TenantSession, payload: dict[str, Any], reason: str) -> None:
    """The channel's plugin was off for too long: not sent, rather than sent months late."""
    message = session.get(Message, payload["message_id"], with_for_update=True)
    if message is None:
        return
    if message.state is MessageState.SENDING:
        move(session, message, MessageState.UNKNOWN, now())
    elif message.state is MessageState.QUEUED:
        fail(
            session,
            message,
            "channel",
            "plugin_off",
            f"{reason[:1].upper()}{reason[1:]}.",
        )


def plugin_of(session: TenantSession, payload: dict[str, Any]) -> str | None:
    """The plugin that a send needs: that of its channel's kind."""
    # asked before each send: one column, no rows of the unit of work
    kind = session.scalar(
        select(Channel.kind)
        .join(Message, Message.channel_id == Channel.id)
        .where(Message.id == payload["message_id"])
    )
    if kind is None:
        return "core"  # nothing to send: let the job end
    return session.desk.host.owner_of_kind(kind)


def _name(session: TenantSession, message: Message, provider_id: str) -> None:
    drop_echo_row(session, message, provider_id)
    message.provider_id = provider_id
    session.flush()


def _earlier(session: TenantSession, message: Message) -> tuple[Earlier, ...]:
    """The messages that a new one follows in its thread, newest first."""
    found = session.execute(
        select(Message.provider_id, Message.direction, Message.subject, Message.raw)
        .where(
            Message.conversation_id == message.conversation_id,
            Message.id < message.id,
            Message.provider_id.is_not(None),
            Message.is_automatic.is_(False),
        )
        .order_by(Message.id.desc())
        .limit(MOST_EARLIER)
    )
    return tuple(
        Earlier(provider_id or "", direction is Direction.OUT, subject, raw or {})
        for provider_id, direction, subject, raw in found
    )


def _outbound(session: TenantSession, message: Message) -> OutboundMessage:
    attachment = next(iter(message.attachments), None)
    identity = message.conversation.identity
    quoted = message.reply_to
    template = message.template
    capabilities = channels.adapter_of(session, message.channel).capabilities
    return OutboundMessage(
        to=Address(identity.kind, identity.address),
        opaque=str(message.uuid),
        kind=message.kind,
        text=message.body,
        subject=message.subject,
        follows=_earlier(session, message) if capabilities.threads else (),
        is_automatic=message.sender in AUTOMATIC,
        reply_to=(quoted.provider_id or "") if quoted else "",
        template=OutboundTemplate(
            template["name"],
            template["language"],
            tuple(template["variables"]),
            tuple(TemplateSlot(**slot) for slot in template.get("slots", ())),
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
        is_after_window=template is None
        and not is_window_open(message.conversation, Sender.AUTOMATION),
    )
